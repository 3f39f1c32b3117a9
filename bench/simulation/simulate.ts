import { setImmediate } from 'node:timers/promises';
import { createEngine, type Engine, localNamespaces, trustedAccess } from '../../apiserver/ingest/index.ts';
import { openStore, type StoreOptions } from '../../apiserver/store/open-store.ts';
import type { SqlStore } from '../../apiserver/store/sql-store.ts';
import { StoreUnavailable } from '../../apiserver/store/store.ts';
import { sweepOnce } from '../../apiserver/store/sweeper.ts';
import type { Report } from '../../crds/report.ts';
import { Random } from '../../tests/faults/random.ts';
import type { ClusterSize } from './cluster.ts';
import { BEGIN, month, type SimulatedHour, type SimulatedRun } from './month.ts';
import { Observer } from './observer.ts';
import { type Expected, Oracle, type Totals } from './oracle.ts';

export interface SimulationOptions {
  readonly size: ClusterSize;
  readonly seed: number;
  /** An empty one. */
  readonly database: StoreOptions['database'];
  /** Between two sweeps, which also see what was reported until then stored. Default 6. */
  readonly sweepHours?: number;
  /** Told after each simulated day, and waited for. */
  readonly onDay?: (day: number) => Promise<void> | void;
  readonly signal?: AbortSignal;
}

export interface Simulated {
  /** Changes of PipelineRuns that the controller looked at. */
  readonly changes: number;
  /** Reports that the engine decided; those that arrived twice count twice. */
  readonly reports: number;
  /** Decisions by cell of the decision table. */
  readonly cells: ReadonlyMap<string, number>;
  /** As the oracle counts them. */
  readonly totals: Totals;
  readonly active: number;
  /** CPU time of making the changes and looking at them, in seconds; the rest is engine and store. */
  readonly lookingSeconds: number;
  readonly storedBytes: number;
  /** Where engine and oracle differ: empty, or something is broken. */
  readonly differences: readonly string[];
}

const CLUSTER = 'folder:/simulation';
const CALLER = { name: 'simulation', groups: [] };
/** As the runtime's sink sends them. */
const BATCH = 500;
/** Runs between two turns of the event loop. */
const LOOKS = 50;
/** So that the controller looks on while the engine commits. */
const IN_FLIGHT = 3;
/** Reports that arrive once more, an hour later: watches and retries do that. */
const REPEATED = 0.02;

/**
 * Lives through a month in virtual time: every change through the controller, every report through the engine into the
 * database, sweeps in between; then compares every issue with the oracle. Throws when a report is refused.
 */
export async function simulate(options: SimulationOptions): Promise<Simulated> {
  let now = BEGIN;
  const clockOffset = (): number => (now - Date.now()) * 1_000;
  await using store = await openStore({ database: options.database, clusterId: CLUSTER, clockOffset });
  await using engine = createEngine({ store, namespaces: localNamespaces(CLUSTER), access: trustedAccess });
  const replay = new Replay(engine, options.seed);
  const oracle = new Oracle();
  let hours = 0;
  for (const hour of month(options.size, options.seed)) {
    options.signal?.throwIfAborted();
    now = hour.endsAt;
    await replay.hour(hour);
    for (const run of hour.runs) oracle.ran(run);
    if (++hours % (options.sweepHours ?? 6) === 0) {
      await replay.drain();
      await sweep(store);
      oracle.swept(now);
    }
    if (hours % 24 === 0) await options.onDay?.(hours / 24);
  }
  await replay.drain();
  const { observer, reports, cells, lookingSeconds } = replay;
  return {
    ...{ changes: observer.changes, reports, cells, lookingSeconds, totals: oracle.totals, active: oracle.active },
    storedBytes: await storedBytes(store),
    differences: oracle.differences(await storedIssues(store)),
  };
}

class Replay {
  readonly observer = new Observer();
  readonly cells = new Map<string, number>();
  reports = 0;
  lookingSeconds = 0;
  readonly #engine: Engine;
  readonly #random: Random;
  readonly #sent = new Set<Promise<void>>();
  #batch: Report[] = [];
  /** What arrives once more. */
  #repeated: Report[] = [];

  constructor(engine: Engine, seed: number) {
    this.#engine = engine;
    this.#random = new Random(seed + 1);
  }

  async hour({ runs }: SimulatedHour): Promise<void> {
    this.#batch.push(...this.#random.shuffled(this.#repeated));
    this.#repeated = [];
    for (let from = 0; from < runs.length; from += LOOKS) {
      const reports = await this.#look(runs.slice(from, from + LOOKS));
      this.#batch.push(...reports);
      this.#repeated.push(...reports.filter(() => this.#random.chance(REPEATED)));
      if (this.#batch.length >= BATCH) await this.#send();
      // What the database has answered meanwhile is gone on with.
      await setImmediate();
    }
  }

  /** Resolves when everything is stored. */
  async drain(): Promise<void> {
    await this.#send();
    await Promise.all(this.#sent);
  }

  /** Waits for nothing, so that nobody else's CPU time is in it. */
  async #look(runs: readonly SimulatedRun[]): Promise<Report[]> {
    const began = process.cpuUsage();
    const reports: Report[] = [];
    for (const run of runs) reports.push(...(await this.observer.look(run)));
    const { user, system } = process.cpuUsage(began);
    this.lookingSeconds += (user + system) / 1_000_000;
    return reports;
  }

  async #send(): Promise<void> {
    while (this.#sent.size >= IN_FLIGHT) await Promise.race(this.#sent);
    const sending = this.#submit(this.#batch).finally(() => this.#sent.delete(sending));
    this.#batch = [];
    this.#sent.add(sending);
  }

  async #submit(reports: readonly Report[]): Promise<void> {
    if (reports.length === 0) return;
    const { results } = await this.#engine.submit(reports, CALLER);
    for (const { index, status, error, decisions = [] } of results) {
      if (status !== 200) throw new Error(`${JSON.stringify(reports[index])} was answered ${status}: ${error}`);
      for (const { cell } of decisions) this.cells.set(cell, (this.cells.get(cell) ?? 0) + 1);
    }
    this.reports += results.length;
  }
}

/** A busy machine may take longer than a statement may: a server tries again, too. */
async function sweep(store: SqlStore, tries = 10): Promise<void> {
  try {
    await sweepOnce(store);
  } catch (error) {
    if (!(error instanceof StoreUnavailable) || tries <= 1) throw error;
    await sweep(store, tries - 1);
  }
}

interface Row {
  readonly id: string;
  readonly subject: string;
  readonly state: Expected['state'];
  readonly reason: Expected['reason'] | null;
  readonly reopened: string | number;
  readonly occurrences: string | number;
}

async function storedIssues(store: SqlStore): Promise<Map<string, Expected>> {
  const issues = new Map<string, Expected>();
  for (let after = '00000000-0000-0000-0000-000000000000'; ; ) {
    const rows: Row[] = await store.database.query<Row & Record<string, unknown>>(
      `SELECT id, namespace || '/' || subject_name || '/' || aspect AS subject, state, resolved_reason AS reason, reopened, occurrences
       FROM issues WHERE id > $1::uuid ORDER BY id LIMIT 5000`,
      [after],
    );
    for (const { subject, state, reason, reopened, occurrences } of rows) {
      const counts = { reopened: Number(reopened), occurrences: Number(occurrences) };
      issues.set(subject, { state, reason: state === 'Resolved' ? (reason ?? undefined) : undefined, ...counts });
    }
    const last = rows.at(-1);
    if (last === undefined) return issues;
    after = last.id;
  }
}

async function storedBytes(store: SqlStore): Promise<number> {
  const [row] = await store.database.query<{ bytes: string | number }>(
    'SELECT pg_database_size(current_database()) AS bytes',
  );
  return Number(row?.bytes);
}
