import { createPartitions, dropPartitions } from './episodes.ts';
import type { EscalationRule } from './escalation.ts';
import type { FlappingRule } from './flapping.ts';
import { pause } from './pause.ts';
import type { SqlStore } from './sql-store.ts';
import { endSnoozes, expireIssues, hideResolved, sweepAbsentSources } from './sweep-issues.ts';
import { calmDown, escalateIssues, trimTimeline } from './sweep-lifecycle.ts';
import { type Believe, goneTwice, type KnownNamespaces, sweepNamespaces } from './sweep-namespaces.ts';
import { applyRetention, type Progress, trimChanges, trimDeliveries, trimSearchIndex } from './sweep-rows.ts';

/**
 * What happens because time passes, done by one replica for all, so that all of them show the same: resolved issues
 * leave, expiring ones resolve, snoozes end, what flapped is calm, severity rises with age, absent sources show, and what nobody needs is forgotten (design.md decision 8).
 */
export interface SweepOptions {
  /** How long a resolved issue stays visible, ms. Default 1 h. */
  readonly resolvedVisibleFor?: number;
  /** How long hidden issues, idle watermarks and closed episodes are kept, ms. Default 90 d. */
  readonly retention?: number;
  /** How long a source may be absent until its issues are resolved `SourceRemoved`, ms. Default 24 h. */
  readonly sourceRemovedAfter?: number;
  /** How far back a watch may resume, ms. Default 1 h. */
  readonly changesKeptFor?: number;
  /** Asked which namespaces still exist; without it what is stored about those that went stays. */
  readonly namespaces?: KnownNamespaces;
  /** Told how far a long sweep of what retention takes has come. */
  readonly onProgress?: Progress;
  /** How long a delivery is answered as the first time, ms. Default 24 h. */
  readonly deliveriesKeptFor?: number;
  /** What `flapping` of the engine is: the condition ends when it does not hold any more. Default: nothing flaps. */
  readonly flapping?: FlappingRule | undefined;
  /** Severity that rises with age. Default: none does. */
  readonly escalation?: readonly EscalationRule[];
}

/** How many of each a sweep took: for metrics. */
export interface Swept {
  readonly hidden: number;
  readonly expired: number;
  /** Snoozes that ended. */
  readonly snoozes: number;
  /** Issues that flap no more. */
  readonly calmed: number;
  /** Issues whose severity age has changed. */
  readonly escalated: number;
  /** Issues whose condition SourceAbsent came or went, and those resolved SourceRemoved. */
  readonly absent: number;
  /** Issues whose namespace is gone. */
  readonly homeless: number;
  readonly changes: number;
  readonly deliveries: number;
  readonly issues: number;
  readonly subjects: number;
  readonly partitions: number;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Each namespace is one question to the cluster. */
const HOMELESS_EVERY = 120_000;

/** One sweep of everything, now. Throws StoreUnavailable; what was swept before that stays swept. */
export async function sweepOnce(store: SqlStore, options: SweepOptions = {}): Promise<Swept> {
  const often = await sweepOften(store, options);
  return { ...often, homeless: await sweepHomeless(store, options), ...(await sweepRarely(store, options)) };
}

/**
 * Sweeps every `interval` ms (default 10 s) while this process holds the lease, until `signal` fires; what goes with its
 * namespace every two minutes, and what retention takes only every hour, because it reads whole tables. Never throws: an
 * error goes to `onError`, and the next sweep tries again.
 */
export async function runSweeper(
  store: SqlStore,
  options: SweepOptions & {
    readonly signal: AbortSignal;
    readonly interval?: number;
    readonly onSwept?: (swept: Swept) => void;
    readonly onError?: (error: unknown) => void;
  },
): Promise<void> {
  const { signal, interval = 10_000, onSwept, onError } = options;
  await using lease = store.sweeperLease();
  let untilHomeless = 0;
  const [visible, everything] = [goneTwice(), goneTwice()];
  for (let elapsed = HOUR; !signal.aborted; elapsed += interval, untilHomeless -= interval) {
    try {
      if (await lease.held()) {
        const often = await sweepOften(store, options);
        const homeless = untilHomeless > 0 ? 0 : await sweepHomeless(store, options, visible);
        if (untilHomeless <= 0) untilHomeless = HOMELESS_EVERY;
        const due = elapsed >= HOUR;
        onSwept?.({ ...often, homeless, ...(due ? await sweepRarely(store, options, everything) : NOTHING_RARE) });
        if (due) elapsed = 0;
      }
    } catch (error) {
      if (!signal.aborted) onError?.(error);
    }
    await pause(interval, signal);
  }
}

type Rare = Pick<Swept, 'issues' | 'subjects' | 'partitions'>;

const NOTHING_RARE: Rare = { issues: 0, subjects: 0, partitions: 0 };

type Often = Omit<Swept, keyof Rare | 'homeless'>;

async function sweepOften(store: SqlStore, options: SweepOptions): Promise<Often> {
  const expired = await expireIssues(store);
  const snoozes = await endSnoozes(store);
  const calmed = await calmDown(store, options.flapping);
  const escalated = await escalateIssues(store, options.escalation ?? []);
  const absent = await sweepAbsentSources(store, options.sourceRemovedAfter ?? DAY);
  const hidden = await hideResolved(store, options.resolvedVisibleFor ?? HOUR);
  const changes = await trimChanges(store, options.changesKeptFor ?? HOUR);
  const deliveries = await trimDeliveries(store, options.deliveriesKeptFor ?? DAY);
  return { hidden, expired, snoozes, calmed, escalated, absent, changes, deliveries };
}

async function sweepHomeless(store: SqlStore, { namespaces }: SweepOptions, believe?: Believe): Promise<number> {
  return namespaces ? sweepNamespaces(store, namespaces, 'visible', believe) : 0;
}

async function sweepRarely(store: SqlStore, options: SweepOptions, believe?: Believe): Promise<Rare> {
  const retention = options.retention ?? 90 * DAY;
  if (options.namespaces) await sweepNamespaces(store, options.namespaces, 'stored', believe);
  const { issues, subjects } = await applyRetention(store, retention, options.onProgress);
  const nowMs = (await store.now()) / 1_000;
  await createPartitions(store.database, nowMs);
  await trimTimeline(store, retention);
  await trimSearchIndex(store);
  const partitions = (await dropPartitions(store.database, nowMs - retention)).length;
  return { issues, subjects, partitions };
}
