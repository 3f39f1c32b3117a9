import { stringify } from 'yaml';
import type { CompiledRule } from '../../controllers/rules/index.ts';
import type { ClusterObject } from '../../controllers/runtime/index.ts';
import { humanDuration } from '../../crds/duration.ts';
import type { Subject } from '../../crds/report.ts';
import { escapeControls, escapeForTerminal } from '../../crds/text.ts';
import { formatTime } from '../../crds/time.ts';
import type { RuleOptions } from '../commands/rule.ts';
import { EXIT } from '../exit.ts';
import type { Streams } from '../streams.ts';
import { objectsFor } from './objects.ts';
import { type RuleFile, readRule } from './read-rule.ts';
import { type Tried, tryRule } from './try-rule.ts';

/** `faultline rule test`. */
export async function runRuleTest(options: RuleOptions, streams: Streams): Promise<number> {
  const file = await readRule(options.rule);
  const objects = await objectsFor(file, options, streams);
  const now = options.now ?? Date.now();
  const tried = await tryRule(file.rule, objects, { now, namespace: options.namespace });
  streams.out.write(shown(file, tried, options));
  if (tried.some(({ look, fault }) => fault !== undefined && look?.verdict !== 'undecided')) return EXIT.failure;
  const isFound = tried.some(({ report }) => report !== undefined && isFailing(report.body));
  return options.exitCode && isFound ? EXIT.found : EXIT.ok;
}

function isFailing(body: object): boolean {
  return 'findings' in body && Array.isArray(body.findings) && body.findings.length > 0;
}

function shown(file: RuleFile, tried: readonly Tried[], { output }: RuleOptions): string {
  if (output === 'text') return describe(file, tried);
  const { rule } = file;
  const objects = tried.map(({ object, left, look, report, fault }) => ({
    object: { apiVersion: object.apiVersion, kind: object.kind, ...place(object) },
    verdict: left === undefined ? (look?.verdict ?? 'fault') : 'notLookedAt',
    ...(left === undefined ? {} : { why: left }),
    ...(look?.verdict === 'held' ? { until: formatTime(look.until) } : {}),
    ...(report ? { report } : {}),
    ...(fault ? { fault } : {}),
  }));
  const answer = { rule: rule.source, fields: rule.fields, objects };
  if (output === 'yaml') return stringify(answer, { lineWidth: 0, aliasDuplicateObjects: false });
  return `${escapeForTerminal(JSON.stringify(answer, null, 2))}\n`;
}

function place({ metadata }: ClusterObject): { namespace?: string; name: string } {
  return { ...(metadata.namespace ? { namespace: metadata.namespace } : {}), name: metadata.name };
}

function describe(file: RuleFile, tried: readonly Tried[]): string {
  const lines = tried.flatMap((one) => describeOne(file, one));
  return `${[...lines, summary(file.rule, tried)].map((line) => escapeControls(line)).join('\n')}\n`;
}

function describeOne(file: RuleFile, { object, left, look, report, fault }: Tried): string[] {
  const { namespace, name } = place(object);
  const head = `${object.kind} ${namespace ? `${namespace}/` : ''}${name}`;
  if (left !== undefined) return [`${head}: not looked at: ${left}`];
  if (fault !== undefined) {
    const what = look?.verdict === 'undecided' ? 'no verdict' : 'does not fit';
    const [first = '', ...rest] = file.show(fault);
    return [`${head}: ${what}`, `  ${first}`, ...rest.map((line) => `  ${line}`)];
  }
  if (look?.verdict === 'held') {
    return [`${head}: wrong since ${formatTime(look.since ?? 0)}, held until ${formatTime(look.until)}`];
  }
  if (report === undefined || !('findings' in report.body)) return [`${head}: no verdict`];
  const about = `  about ${subjectText(report.subject)} in namespace ${report.namespace}${report.observedAt ? ` since ${report.observedAt}` : ''}`;
  if (report.body.findings.length === 0) return [`${head}: healthy`, about];
  const wait =
    file.rule.forMs > 0 && report.observedAt === undefined ? ` after ${humanDuration(file.rule.forMs)} of it` : '';
  return [
    `${head}: fails${wait}`,
    about,
    ...report.body.findings.map(
      ({ key, severity, type, reason, title }) => `  ${key}: ${severity} ${type} ${reason}: ${title}`,
    ),
  ];
}

function subjectText({ kind, name, namespace, aspect }: Subject): string {
  return `${kind} ${namespace ? `${namespace}/` : ''}${name}${aspect ? ` ${aspect}` : ''}`;
}

function summary(rule: CompiledRule, tried: readonly Tried[]): string {
  const looked = tried.filter(({ left }) => left === undefined);
  const count = (what: (one: Tried) => boolean): number => looked.filter(what).length;
  const parts = [
    [count(({ report }) => report !== undefined && isFailing(report.body)), 'with findings'],
    [count(({ report }) => report !== undefined && !isFailing(report.body)), 'healthy'],
    [count(({ look }) => look?.verdict === 'held'), 'held'],
    [count(({ look }) => look?.verdict === 'undecided'), 'without a verdict'],
    [count(({ look, fault }) => fault !== undefined && look?.verdict !== 'undecided'), 'that do not fit'],
  ] as const;
  const told = parts.filter(([number]) => number > 0).map(([number, what]) => `${number} ${what}`);
  const { kind } = rule.watches;
  const objects = `${looked.length} ${kind} ${looked.length === 1 ? 'object' : 'objects'}`;
  return `${rule.source}: ${objects}${told.length > 0 ? `: ${told.join(', ')}` : ''}`;
}
