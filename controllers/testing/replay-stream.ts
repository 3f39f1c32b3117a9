import type { Report } from '../../crds/report.ts';
import { prepare } from '../runtime/definition-module.ts';
import type { ObjectLike } from '../runtime/plugin.ts';
import { type RecordedChange, readRecordedStream } from '../runtime/recorded-stream.ts';
import type { AnyController, Setup } from './fixture.ts';
import { HttpCluster } from './http-cluster.ts';
import { ManualClock } from './manual-clock.ts';
import { type PlayOptions, playStream } from './play-stream.ts';
import { createWorld } from './world.ts';

export interface ReplaySetup extends Pick<Setup, 'options'>, Pick<PlayOptions, 'faults'> {
  /**
   * Over HTTP: a fake API server tells the stream, and the reflector of the product follows it with all that it does about what
   * goes wrong: resumed and repeated lists, backoff, 70 s of silence. Default: a source in memory, which is faster.
   */
  readonly http?: boolean;
}

export interface Replayed {
  /** Everything that was sent, in order. */
  readonly sent: readonly Report[];
  /** What was said last of each subject, and of each run of it, in that order; the numbers that order reports are 0. */
  readonly last: readonly Report[];
}

/** A stream that `faultline record` wrote, `.jsonl` or `.jsonl.gz`. Rejects with `file:line: what` for a line that is none. */
export async function loadStream(path: string): Promise<RecordedChange[]> {
  const changes: RecordedChange[] = [];
  for await (const change of readRecordedStream(path)) changes.push(change);
  return changes;
}

/**
 * Runs a controller over a recorded stream as in a cluster: the whole runtime, on a clock of its own that follows the times of
 * the stream without waiting for them, so that `read.now()` is as it was. With `faults`, through a watch that misbehaves: `last` is
 * the same with any of them, or something depends on how it was told.
 */
export async function replayStream<T extends ObjectLike, O>(
  controller: AnyController<T, O>,
  changes: readonly RecordedChange[],
  { options: given = {}, faults = [], http = false }: ReplaySetup = {},
): Promise<Replayed> {
  const { definition, options, faults: wrong } = prepare(controller, given, 'controller');
  if (definition === undefined) throw new TypeError(wrong.map(({ path, message }) => `${path}: ${message}`).join('\n'));
  const [first] = changes;
  if (first === undefined) throw new RangeError('there is no change in the stream');
  await using cluster = http ? await HttpCluster.start(definition, changes, first.at) : undefined;
  const clock = cluster?.clock ?? new ManualClock(first.at);
  await using world = createWorld(definition, {
    ...{ clock, settings: { options } },
    ...(cluster !== undefined && { through: cluster.source }),
  });
  await world.settle();
  await clock.advance(0);
  let isPlayed = false;
  const playing = playStream(changes, cluster?.server ?? world.source, { clock, faults }).finally(() => {
    isPlayed = true;
  });
  // A minute more than the stream takes, for what is tried again.
  while (!isPlayed) await clock.advance(60_000);
  await playing;
  await clock.advance(60_000);
  await world.settle();
  const sent = world.sink.take();
  const last = new Map(sent.map((report) => [keyOf(report), withoutNumbers(report)]));
  return { sent, last: [...last].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, report]) => report) };
}

/** Of runs each is said for itself; what is, is one. */
function keyOf({ namespace, subject, order }: Report): string {
  return JSON.stringify([namespace, subject, order.class === 'run' ? order.uid : '']);
}

function withoutNumbers(report: Report): Report {
  const { order } = report;
  return 'epoch' in order ? { ...report, order: { ...order, epoch: 0, sequence: 0 } } : report;
}
