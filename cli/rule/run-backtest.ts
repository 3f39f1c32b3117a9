import { stringify } from 'yaml';
import type { CompiledRule } from '../../controllers/rules/index.ts';
import { type RecordedChange, readRecordedStream } from '../../controllers/runtime/recorded-stream.ts';
import { humanDuration } from '../../crds/duration.ts';
import { escapeControls, escapeForTerminal } from '../../crds/text.ts';
import { formatTime } from '../../crds/time.ts';
import type { RuleOptions } from '../commands/rule.ts';
import { EXIT, Failure } from '../exit.ts';
import type { Streams } from '../streams.ts';
import { type Backtest, backtest, type Change, changesFor } from './backtest.ts';
import type { Transition } from './deciding-sink.ts';
import { readRule } from './read-rule.ts';

/** `faultline rule backtest`. */
export async function runBacktest(options: RuleOptions, streams: Streams): Promise<number> {
  const { rule } = await readRule(options.rule);
  const { changes, end } = await readStreams(rule, options);
  const begin = changes[0]?.at ?? end;
  const from = options.since === undefined ? begin : Math.max(begin, end - options.since);
  const done = await backtest(rule, changes, { from, until: end, signal: streams.signal });
  streams.out.write(shown(rule, done, { from, until: end }, options));
  if (done.status.counts.failed > 0) return EXIT.failure;
  return options.exitCode && done.transitions.length > 0 ? EXIT.found : EXIT.ok;
}

interface Span {
  readonly from: number;
  readonly until: number;
}

async function readStreams(rule: CompiledRule, options: RuleOptions): Promise<{ changes: Change[]; end: number }> {
  const changes: Change[] = [];
  let [read, end] = [0, Number.NEGATIVE_INFINITY];
  for (const path of options.from) {
    const found = await changesFor(rule, within(readRecordedStream(path), options.namespace ?? rule.namespace)).catch(
      (cause: NodeJS.ErrnoException) => {
        if (cause instanceof RangeError) throw new Failure(cause.message, { cause });
        const reason = cause.code === 'ENOENT' ? 'no such file' : (cause.code ?? cause.message);
        throw new Failure(`cannot read ${path}: ${reason}`, { cause });
      },
    );
    changes.push(...found.changes);
    read += found.read;
    end = Math.max(end, found.end);
  }
  if (read === 0) throw new Failure(`${options.from.join(', ')} holds no change`);
  // Several recordings are one history; what happened at one moment stays in the order of its file.
  return { changes: changes.sort((a, b) => a.at - b.at), end };
}

async function* within(
  stream: AsyncIterable<RecordedChange>,
  namespace: string | undefined,
): AsyncGenerator<RecordedChange, void, void> {
  for await (const change of stream) {
    if (namespace === undefined || change.object.metadata.namespace === namespace) yield change;
  }
}

function shown(rule: CompiledRule, done: Backtest, span: Span, { output }: RuleOptions): string {
  if (output === 'text') return describe(rule, done, span);
  const { counts } = done.status;
  const answer = {
    rule: rule.source,
    from: formatTime(span.from),
    until: formatTime(span.until),
    ...{ changes: done.changes, objects: done.objects, active: done.active },
    undecided: counts.undecided,
    failed: counts.failed,
    transitions: done.transitions.map(({ at, what, flaps, issue }) => ({
      at: formatTime(at),
      what,
      ...(flaps ? { flaps } : {}),
      namespace: issue.namespace,
      name: issue.name,
      openedAt: formatTime(issue.openedAt / 1_000),
      ...(issue.resolvedAt === undefined ? {} : { resolvedAt: formatTime(issue.resolvedAt / 1_000) }),
      ...(issue.resolvedReason === undefined ? {} : { resolvedReason: issue.resolvedReason }),
      spec: issue.spec,
    })),
  };
  if (output === 'yaml') return stringify(answer, { lineWidth: 0, aliasDuplicateObjects: false });
  return `${escapeForTerminal(JSON.stringify(answer, null, 2))}\n`;
}

function describe(rule: CompiledRule, done: Backtest, { from, until }: Span): string {
  const lines = done.transitions.map(lineOf);
  const count = (what: Transition['what']): number => done.transitions.filter((one) => one.what === what).length;
  const flapping = done.transitions.filter(({ flaps }) => flaps).length;
  const { counts, conditions } = done.status;
  lines.push(
    `${rule.source}: ${formatTime(from)} to ${formatTime(until)} (${humanDuration(until - from)}), ` +
      `${done.changes} changes of ${done.objects} objects`,
    `opened ${count('opened')}, reopened ${count('reopened')}, resolved ${count('resolved')}, flapping ${flapping}; ` +
      `at the end ${done.active} Active`,
  );
  if (counts.undecided > 0) lines.push(`${counts.undecided} objects are without a verdict at the end`);
  for (const { type, status, message } of conditions) {
    if (type !== 'Ready' && status === 'True') lines.push(message);
  }
  return `${lines.map((line) => escapeControls(line)).join('\n')}\n`;
}

function lineOf({ at, what, flaps, issue }: Transition): string {
  const { spec } = issue;
  const lasted =
    what === 'resolved' && issue.resolvedAt !== undefined
      ? ` after ${humanDuration((issue.resolvedAt - issue.openedAt) / 1_000)} (${issue.resolvedReason})`
      : '';
  const about = `${spec.subject.kind} ${issue.namespace}/${spec.subject.name}`;
  const flap = flaps ? ', and flaps' : '';
  return `${formatTime(at)} ${what.padEnd(8)} ${about} ${spec.key}: ${spec.severity} ${spec.title}${lasted}${flap}`;
}
