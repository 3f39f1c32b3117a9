import { resolve } from 'node:path';
import { parseDuration } from '../../crds/duration.ts';
import { DNS_LABEL } from '../../crds/names.ts';
import { parseTime } from '../../crds/time.ts';
import type { Command } from '../command.ts';
import { type KubeconfigFlags, kubeconfigFlags } from './flags.ts';

interface RuleFlags extends KubeconfigFlags {
  readonly cluster?: boolean;
  readonly namespace?: string;
  readonly now?: string;
  readonly from?: readonly string[];
  readonly since?: string;
  readonly exitCode?: boolean;
  readonly output: RuleOutput;
}

export type RuleOutput = 'text' | 'json' | 'yaml';

/** What `faultline rule` was asked for; paths are absolute, `-` is standard input. */
export interface RuleOptions {
  readonly action: string;
  readonly rule: string;
  /** Recorded objects: files and folders. */
  readonly files: readonly string[];
  /** Ask a live cluster. */
  readonly cluster: boolean;
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly namespace: string | undefined;
  /** ms; undefined: the clock. */
  readonly now: number | undefined;
  /** Recorded streams. */
  readonly from: readonly string[];
  /** ms; undefined: everything that was recorded. */
  readonly since: number | undefined;
  /** Answer 10 when something would be reported. */
  readonly exitCode: boolean;
  readonly output: RuleOutput;
  /** As they were typed, for what cannot be read. */
  readonly typed: { readonly now: string | undefined; readonly since: string | undefined };
}

export const rule: Command<RuleFlags, RuleOptions> = {
  name: 'rule',
  parameters: '<test|backtest> <rule.yaml> [objects...]',
  summary: 'Show what a rule makes of objects, or would have made of recorded ones.',
  description:
    'test: check an IssueRule or ClusterIssueRule and show what it says about recorded objects (files and folders of YAML ' +
    'or JSON, - for standard input) or those of a live cluster: subject, findings, or why there are none. ' +
    'backtest: what it would have opened, resolved and reopened over a recorded stream of changes. Nothing is stored. ' +
    'Exits with 0 when the rule fits, with 1 when it is invalid or an expression fails for an object.',
  examples: [
    { comment: 'Against recorded objects', line: 'faultline rule test argocd.yaml must-gather/ apps.yaml' },
    { comment: 'Against what is in a cluster now', line: 'faultline rule test argocd.yaml --cluster -n argocd' },
    {
      comment: 'What it would have done in the last week',
      line: 'faultline rule backtest argocd.yaml --since 7d --from applications.jsonl.gz',
    },
  ],
  flags: [
    { spelling: '--cluster', description: 'test: ask a live cluster for the objects.' },
    ...kubeconfigFlags('The live cluster (default: $KUBECONFIG, ~/.kube/config).'),
    { spelling: '-n, --namespace <namespace>', description: 'Only objects of this namespace.' },
    { spelling: '--now <time>', description: 'test: the time that rules see as now, RFC 3339 (default: the clock).' },
    {
      spelling: '--from <stream>',
      description: 'backtest: a file of recorded changes (JSON lines, .gz allowed); may be repeated.',
      repeated: true,
    },
    {
      spelling: '--since <duration>',
      description: 'backtest: only what happened in this time before the end of the stream, for example 7d.',
    },
    { spelling: '--exit-code', description: 'Exit with 10 when something would be reported.' },
    {
      spelling: '-o, --output <format>',
      description: 'What is printed.',
      choices: ['text', 'json', 'yaml'],
      default: 'text',
    },
  ],
  complete({ parameters: [action = '', file = '', ...files], flags }, streams) {
    const path = (name: string) => (name === '' || name === '-' ? name : resolve(streams.directory, name));
    const { cluster = false, kubeconfig, context, namespace, now, from = [], since, exitCode = false, output } = flags;
    return {
      ...{ action, kubeconfig, context, namespace, exitCode, output },
      cluster: cluster || kubeconfig !== undefined || context !== undefined,
      rule: path(file),
      files: files.map(path),
      now: parseTime(now),
      from: from.map(path),
      since: since === undefined ? undefined : durationOf(since),
      typed: { now, since },
    };
  },
  validate({ action, rule: file, files, cluster, namespace, now, from, since, typed }) {
    const faults: string[] = [];
    if (action !== 'test' && action !== 'backtest') {
      faults.push(`"${action}" is nothing that rules do: write rule test or rule backtest`);
    }
    if (file === '' || file === '-') faults.push('name the file of the rule');
    if (namespace !== undefined && !DNS_LABEL.test(namespace)) faults.push(`"${namespace}" is no namespace name`);
    if (typed.now !== undefined && now === undefined) faults.push(`--now: "${typed.now}" is no RFC 3339 time`);
    if (typed.since !== undefined && since === undefined) {
      faults.push(`--since: "${typed.since}" is no duration: write for example 7d`);
    }
    if (action === 'test') {
      if (files.length === 0 && !cluster) faults.push('name files of objects, or ask a live cluster with --cluster');
      if (files.length > 0 && cluster) faults.push('--cluster and files: keep one of them');
      if (from.length > 0 || typed.since !== undefined) faults.push('--from and --since are of rule backtest');
    } else if (action === 'backtest') {
      if (from.length === 0) faults.push('name a recorded stream with --from');
      if (files.length > 0 || cluster || typed.now !== undefined) {
        faults.push('files, --cluster and --now are of rule test: a backtest reads recorded streams (--from)');
      }
    }
    return faults;
  },
  async run(options, streams) {
    if (options.action === 'backtest') {
      const { runBacktest } = await import('../rule/run-backtest.ts');
      return await runBacktest(options, streams);
    }
    const { runRuleTest } = await import('../rule/run-test.ts');
    return await runRuleTest(options, streams);
  },
};

function durationOf(text: string): number | undefined {
  try {
    return parseDuration(text);
  } catch {
    return undefined;
  }
}
