import { type CompiledRule, RuleControllers } from '../../controllers/rules/index.ts';
import type { ClusterObject, ControllerStatus } from '../../controllers/runtime/index.ts';
import { silentLogger } from '../../controllers/runtime/index.ts';
import { buildControllers } from '../../controllers/runtime/informers.ts';
import { parseLabelSelector } from '../../controllers/runtime/label-selector.ts';
import type { Leadership } from '../../controllers/runtime/lead.ts';
import { createRuntimeMetrics } from '../../controllers/runtime/metrics.ts';
import { kindId, objectKey } from '../../controllers/runtime/object.ts';
import type { RecordedChange } from '../../controllers/runtime/recorded-stream.ts';
import { createStrip } from '../../controllers/runtime/strip.ts';
import { ManualClock, settle } from '../../controllers/testing/manual-clock.ts';
import { MemorySource } from '../../controllers/testing/memory-source.ts';
import { selectorText } from '../../crds/issue-rule.ts';
import { DecidingSink, type Transition } from './deciding-sink.ts';

/** A change of an object that a rule looks at. */
export interface Change {
  /** ms. */
  readonly at: number;
  readonly object: ClusterObject;
  readonly isGone: boolean;
}

export interface Backtest {
  readonly transitions: readonly Transition[];
  /** At the end. */
  readonly status: ControllerStatus;
  readonly active: number;
  readonly changes: number;
  readonly objects: number;
}

/** The changes of a stream that concern a rule, with no more of each object than the rule looks at. */
export async function changesFor(
  rule: CompiledRule,
  stream: AsyncIterable<RecordedChange>,
): Promise<{ readonly changes: Change[]; readonly read: number; readonly end: number }> {
  const versions = [rule.watches.apiVersion, ...(rule.watches.otherVersions ?? [])];
  const kinds = new Set(versions.map((version) => kindId(version, rule.watches.kind)));
  const matches = parseLabelSelector(selectorText(rule.watches.selector));
  const strip = createStrip(rule.fields);
  const changes: Change[] = [];
  let [read, end] = [0, Number.NEGATIVE_INFINITY];
  for await (const { at, type, object } of stream) {
    const time = Date.parse(at);
    read++;
    end = Math.max(end, time);
    if (!kinds.has(kindId(object.apiVersion, object.kind))) continue;
    // What leaves the selector leaves the watch.
    const isGone = type === 'DELETED' || !matches(object.metadata.labels ?? {});
    changes.push({ at: time, object: strip(object), isGone });
  }
  return { changes, read, end };
}

/**
 * What a rule would have done: the controller that runs in a cluster, on a clock that follows the stream, before the
 * decision table of the server. What was there at `from` is its first list; `changes` are in order.
 */
export async function backtest(
  rule: CompiledRule,
  changes: readonly Change[],
  { from, until, signal }: { readonly from: number; readonly until: number; readonly signal: AbortSignal },
): Promise<Backtest> {
  const clock = new ManualClock(new Date(from).toISOString());
  const first = new Map<string, ClusterObject>();
  for (const { at, object, isGone } of changes) {
    if (at > from) break;
    if (isGone) first.delete(objectKey(object));
    else first.set(objectKey(object), object);
  }
  const later = changes.filter(({ at }) => at > from);
  const source = new MemorySource([...first.values()]);
  const last = new Map(first);
  // The defaults of faultline.yaml.
  const sink = new DecidingSink(() => clock.now(), { reopened: 3, within: 3_600_000_000 });
  const { controllers, informers } = buildControllers({
    controllers: [new RuleControllers().of(rule)],
    source,
    namespaces: ['*'],
    clusterScopedNamespace: 'faultline-system',
    sink,
    logger: silentLogger,
    metrics: createRuntimeMetrics(),
    clock,
    random: () => 0.5,
  });
  const ending = new AbortController();
  const leadership: Leadership = {
    ...{ epoch: 1, signal: ending.signal, next: new Promise(() => {}), fenced: () => {} },
    ...{ sync: async () => true, activeSubjects: async () => [] },
  };
  const running = [
    ...informers.map((informer) => informer.run(ending.signal)),
    ...controllers.map((controller) => controller.run(ending.signal, async () => leadership)),
  ];
  try {
    await Promise.all(controllers.map((controller) => controller.settled));
    for (const [index, { at, object, isGone }] of later.entries()) {
      signal.throwIfAborted();
      if (at > clock.now()) await clock.advance(at - clock.now());
      // As it was when the watch saw it last: what left the selector has other labels now.
      if (isGone) source.delete(last.get(objectKey(object)) ?? object);
      else source.apply(object);
      last.set(objectKey(object), object);
      // What happened at one moment is looked at together.
      if (later[index + 1]?.at !== at) await settle();
    }
    if (until > clock.now()) await clock.advance(until - clock.now());
  } finally {
    ending.abort();
    await Promise.all(running);
  }
  const [controller] = controllers as [(typeof controllers)[number]];
  return {
    transitions: sink.transitions,
    status: controller.status(),
    active: sink.issues().filter(({ state }) => state === 'Active').length,
    changes: later.length,
    objects: new Set([...first.keys(), ...later.map(({ object }) => objectKey(object))]).size,
  };
}
