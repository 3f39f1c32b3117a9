import { parseDuration } from '../../crds/duration.ts';
import { DNS_LABEL } from '../../crds/names.ts';
import type { Command } from '../command.ts';
import type { Level } from '../conformance/item.ts';
import { parseResourceName, type ResourceName } from '../conformance/target.ts';
import { type KubeconfigFlags, kubeconfigFlags } from './flags.ts';

interface ConformanceFlags extends KubeconfigFlags {
  readonly resource?: string;
  readonly namespace?: string;
  readonly oracle?: string;
  readonly direct?: string;
  readonly output: ConformanceOutput;
  readonly only?: string;
  readonly level: Lowercase<Level>;
  readonly changeCommand?: string;
  readonly listen: string;
  readonly allowEmpty?: boolean;
}

export const CONFORMANCE_OUTPUTS = ['table', 'json', 'junit', 'markdown'] as const;

export type ConformanceOutput = (typeof CONFORMANCE_OUTPUTS)[number];

export interface ConformanceOptions {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly resource: ResourceName;
  /** Undefined: all namespaces. */
  readonly namespace: string | undefined;
  /** A CRD of the same shape behind the same server. */
  readonly oracle: ResourceName | undefined;
  /** Where the server is without kube-apiserver in between. */
  readonly direct: string | undefined;
  readonly output: ConformanceOutput;
  /** Numbers in upper case; undefined: all of the level. */
  readonly only: readonly string[] | undefined;
  /** The lowest level that runs. */
  readonly level: Level;
  readonly changeCommand: string | undefined;
  /** ms. How long changes by others are waited for when there is no command. */
  readonly listenMs: number;
  /** Whether a resource with fewer than two objects in a namespace may pass. */
  readonly allowEmpty: boolean;
}

/** Stands for what was typed wrong until validate says so. */
const NO_RESOURCE: ResourceName = { plural: '', group: '' };

export const conformance: Command<ConformanceFlags, ConformanceOptions> = {
  name: 'conformance',
  summary: 'Check whether an aggregated resource behaves as a built-in one.',
  description:
    'Ask an aggregated resource (any, not only issues) what clients of the Kubernetes API ask, and say where it answers ' +
    'differently and who breaks. Nothing is written: only reads, dry runs, and requests that have to be refused. ' +
    'Exit code 0 when every MUST that could be seen is met and there were objects to look at, else 1.',
  examples: [
    { comment: 'The issues of a cluster', line: 'faultline conformance --resource issues.faultline.dev' },
    {
      comment: 'With a CRD of the same shape as the oracle, and something that makes an object change',
      line: "faultline conformance --resource things.example.dev --oracle things.oracle.example.dev --change-command './touch-a-thing'",
    },
    {
      comment: 'What is not behind kube-apiserver too, for CI',
      line: 'faultline conformance --resource things.example.dev --direct https://localhost:8443 -o junit > report.xml',
    },
  ],
  flags: [
    ...kubeconfigFlags('Default: $KUBECONFIG, ~/.kube/config, else the pod.'),
    {
      spelling: '--resource <plural.group>',
      description: 'What is checked; <plural>.<version>.<group> names a version.',
    },
    { spelling: '-n, --namespace <namespace>', description: 'Only objects of this namespace (default: of all).' },
    {
      spelling: '--oracle <plural.group>',
      description: 'A CRD of the same shape: it is asked the same, and compared.',
    },
    {
      spelling: '--direct <url>',
      description: 'Where the server is without kube-apiserver, for items only seen there.',
    },
    {
      spelling: '-o, --output <format>',
      description: 'What is printed.',
      choices: CONFORMANCE_OUTPUTS,
      default: 'table',
    },
    { spelling: '--only <numbers>', description: 'Only these items, such as W7,T3.' },
    {
      spelling: '--level <level>',
      description: 'The lowest level that is checked.',
      choices: ['must', 'should', 'could'],
      default: 'could',
    },
    {
      spelling: '--change-command <shell>',
      description: 'Run once while watches are open; it makes an object change.',
    },
    {
      spelling: '--listen <duration>',
      description: 'Without a command: how long changes are waited for.',
      default: '10s',
    },
    {
      spelling: '--allow-empty',
      description: 'Do not fail because there are fewer than two objects in a namespace.',
    },
  ],
  complete({ flags }) {
    const { kubeconfig, context, namespace, direct, output, level, changeCommand, allowEmpty = false } = flags;
    return {
      kubeconfig,
      context,
      namespace,
      direct,
      output,
      changeCommand,
      allowEmpty,
      resource: parseResourceName(flags.resource ?? '') ?? NO_RESOURCE,
      oracle: flags.oracle === undefined ? undefined : (parseResourceName(flags.oracle) ?? NO_RESOURCE),
      only: flags.only?.split(',').map((number) => number.trim().toUpperCase()),
      level: level.toUpperCase() as Level,
      listenMs: durationOf(flags.listen),
    };
  },
  validate({ resource, oracle, namespace, direct, listenMs }) {
    const faults: string[] = [];
    if (resource === NO_RESOURCE)
      faults.push('name what is checked: --resource <plural>.<group>, such as issues.faultline.dev');
    if (oracle === NO_RESOURCE) faults.push('--oracle is not <plural>.<group>');
    if (namespace !== undefined && !DNS_LABEL.test(namespace)) faults.push(`"${namespace}" is no namespace name`);
    if (direct !== undefined && !/^https:\/\/[^/]+\/?$/.test(direct))
      faults.push('--direct is not https://<host>:<port>');
    if (Number.isNaN(listenMs)) faults.push('--listen is no duration such as 30s');
    return faults;
  },
  async run(options, streams) {
    const { runConformance } = await import('../conformance/run-conformance.ts');
    return await runConformance(options, streams);
  },
};

function durationOf(text: string): number {
  try {
    return parseDuration(text);
  } catch {
    return Number.NaN;
  }
}
