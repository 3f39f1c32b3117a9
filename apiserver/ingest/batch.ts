import { type Decision, FENCED } from '../../crds/report.ts';
import type { FlappingRule } from '../store/flapping.ts';
import { currentEpochs } from '../store/source-coverage.ts';
import type { Store, StoredDelivery, SubjectRef, SubjectsRead } from '../store/store.ts';
import type { ActiveCap } from './active-cap.ts';
import { Fold } from './fold.ts';
import { refOf } from './normalize.ts';
import { coversEveryAspect, type NormalizedReport } from './normalized.ts';
import { futureFault, stamp } from './stamp.ts';
import type { Context } from './table.ts';
import { followUp, subjectKey, type Unit, type UnitOutcome } from './unit.ts';

/**
 * Decide first, then lock (design.md decision 4): read the subjects of some units, fold and decide them in pure code,
 * commit once. Answers per unit, or says which are to be decided again.
 */
export interface BatchResult {
  readonly settled: ReadonlyMap<Unit, UnitOutcome>;
  /** Lost a race, or may not share this batch: to be decided again, in order. */
  readonly again: readonly Unit[];
  /** Those of `again` that lost a race. */
  readonly lost: ReadonlySet<Unit>;
}

export interface BatchOptions {
  readonly store: Store;
  /** µs; Infinity: no run is too old. */
  readonly retention: number;
  /** When an issue that opens again flaps; absent: never. */
  readonly flapping?: FlappingRule | undefined;
  readonly newId: () => string;
  /** Absent: any number may be Active. */
  readonly cap?: ActiveCap;
  /** Told of each report that a limit refuses. */
  readonly onRefused?: (limit: 'activeIssues') => void;
}

/** Throws what the store throws: then nothing of the batch was written. */
export async function runBatch(units: readonly Unit[], options: BatchOptions): Promise<BatchResult> {
  await options.cap?.prepare(units.map(({ report }) => report));
  const batch = new Batch(units, await read(units, options.store), options);
  batch.decide();
  return batch.commit();
}

interface Known {
  readonly now: number;
  readonly folds: ReadonlyMap<string, Fold>;
  /** The subjects each unit decides. */
  readonly subjects: ReadonlyMap<Unit, readonly string[]>;
  /** Of sources of class state, by name: the epochs whose looks count, of all shards. */
  readonly epochs: ReadonlyMap<string, readonly number[]>;
  readonly deliveries: ReadonlyMap<string, StoredDelivery>;
}

/** A unit whose folds have taken it. */
interface Decided {
  readonly stamped: NormalizedReport;
  readonly parts: readonly { readonly fold: Fold; readonly decisions: readonly Decision[] }[];
}

class Batch {
  readonly #units: readonly Unit[];
  readonly #known: Known;
  readonly #options: BatchOptions;
  readonly #settled = new Map<Unit, UnitOutcome>();
  readonly #decided = new Map<Unit, Decided>();
  readonly #waiting = new Set<string>();
  readonly #again = new Set<Unit>();

  constructor(units: readonly Unit[], known: Known, options: BatchOptions) {
    this.#units = units;
    this.#known = known;
    this.#options = options;
  }

  decide(): void {
    for (const unit of this.#units) {
      const subjects = this.#known.subjects.get(unit) ?? [];
      const answered = this.#answer(unit) ?? this.#refuse(unit, subjects);
      if (answered) this.#settled.set(unit, answered);
      else if (subjects.some((subject) => this.#waiting.has(subject)) || !this.#fold(unit, subjects)) {
        for (const subject of subjects) this.#waiting.add(subject);
        this.#again.add(unit);
      }
    }
  }

  async commit(): Promise<BatchResult> {
    const written = [...this.#known.folds.values()].flatMap((fold) => {
      const write = fold.write();
      return write ? [{ fold, write }] : [];
    });
    const { store } = this.#options;
    const result = written.length > 0 ? await store.commit(written.map(({ write }) => write)) : undefined;
    const lastChange = result ? result.lastChange : await store.lastChange();
    const beaten = new Set(
      written.filter((_, index) => result?.outcomes[index] === 'conflict').map(({ fold }) => fold),
    );
    const wrote = new Set(written.map(({ fold }) => fold));
    const lost = new Set<Unit>();
    const again = new Map<Unit, Unit>([...this.#again].map((unit) => [unit, unit]));
    for (const [unit, { stamped, parts }] of this.#decided) {
      if (parts.some(({ fold }) => beaten.has(fold))) {
        lost.add(unit);
        again.set(unit, unit);
        continue;
      }
      const decisions = parts.flatMap((part) => named(part.fold, part.decisions, result?.names));
      const outcome: UnitOutcome = { status: 200, decisions, lastChange, looks: parts };
      const mayHaveMissed = coversEveryAspect(stamped) && parts.some(({ fold }) => wrote.has(fold));
      if (mayHaveMissed) again.set(unit, followUp(unit, stamped, outcome));
      else this.#settled.set(unit, outcome);
    }
    return { settled: this.#settled, again: this.#units.flatMap((unit) => again.get(unit) ?? []), lost };
  }

  /** What needs no decision: a delivery seen before, an old leader, a completion in the future. */
  #answer({ report, followsUp }: Unit): UnitOutcome | undefined {
    if (followsUp) return undefined;
    const { source } = report.ref;
    const delivery = report.deliveryId && this.#known.deliveries.get(deliveryKey(source, report.deliveryId));
    if (delivery) return delivery.result as UnitOutcome;
    const epochs = this.#known.epochs.get(source) ?? [];
    if (report.order.class === 'state' && isOver(report.order.epoch, epochs)) {
      return { status: 409, error: fenced(source, report.order.epoch, Math.max(...epochs)) };
    }
    const fault = futureFault(report, this.#known.now);
    return fault && { status: 422, error: `invalid: ${fault.path} ${fault.message}`, details: [fault] };
  }

  /** What would open more issues than may be Active: senders keep it and try again, as issues resolve on their own. */
  #refuse({ report }: Unit, [subject = '']: readonly string[]): UnitOutcome | undefined {
    const { cap, onRefused } = this.#options;
    const fold = this.#known.folds.get(subject);
    const error = fold && cap?.refusal(report, fold.state);
    if (error === undefined) return undefined;
    onRefused?.('activeIssues');
    return { status: 429, error };
  }

  /** False when a fold has to wait for the next batch. */
  #fold(unit: Unit, subjects: readonly string[]): boolean {
    const folds = subjects.map((subject) => this.#known.folds.get(subject) as Fold);
    const states = folds.map((fold) => fold.state);
    const report = stamp(unit.report, states, this.#known.now);
    const parts: { fold: Fold; decisions: readonly Decision[] }[] = [];
    for (const fold of folds) {
      const before = fold.state;
      const decisions = fold.apply(report, this.#context(unit));
      if (!decisions) return false;
      this.#options.cap?.changed(report, before, fold.state);
      parts.push({ fold, decisions });
    }
    this.#decided.set(unit, { stamped: report, parts });
    if (report.deliveryId !== undefined && !unit.followsUp) {
      const result: UnitOutcome = { status: 200, decisions: parts.flatMap(({ decisions }) => decisions) };
      folds[0]?.remember({ source: report.ref.source, id: report.deliveryId, result });
    }
    return true;
  }

  #context({ namespace }: Unit): Context {
    const { retention, newId, flapping } = this.#options;
    const { now } = this.#known;
    return { now, retention, newId, flapping, namespaceUid: namespace.uid, namespaceCreatedAt: namespace.createdAt };
  }
}

async function read(units: readonly Unit[], store: Store): Promise<Known> {
  const refs = new Map<string, SubjectRef>();
  const subjects = new Map<Unit, readonly string[]>();
  const perUnit = await Promise.all(units.map((unit) => refsOf(unit, store)));
  for (const [index, unit] of units.entries()) {
    const own = new Map((perUnit[index] as readonly SubjectRef[]).map((ref) => [subjectKey(ref), ref]));
    for (const [key, ref] of own) refs.set(key, ref);
    subjects.set(unit, [...own.keys()]);
  }
  const [{ now, subjects: states }, epochs, deliveries] = await Promise.all([
    refs.size > 0 ? store.readSubjects([...refs.values()]) : ({ now: 0, subjects: [] } satisfies SubjectsRead),
    readEpochs(units, store),
    readDeliveries(units, store),
  ]);
  const folds = new Map([...refs.keys()].map((key, index) => [key, new Fold(states[index] as Fold['state'])]));
  return { now, folds, subjects, epochs, deliveries };
}

/** The subjects that a unit decides: its own, and for the deletion of a whole object every aspect that has issues. */
function refsOf(unit: Unit, store: Store): readonly SubjectRef[] | Promise<readonly SubjectRef[]> {
  const { ref } = unit.report;
  if (!coversEveryAspect(unit.report)) return [ref];
  return store
    .aspectsOf(ref.namespace, ref.source, ref.subject)
    .then((aspects) => [ref, ...aspects.map((aspect) => refOf(ref.namespace, ref.source, aspect))]);
}

async function readEpochs(units: readonly Unit[], store: Store): Promise<Map<string, readonly number[]>> {
  const states = units.filter(({ report }) => report.order.class === 'state').map(({ report }) => report.ref.source);
  // Reports name no shard, and need not: no two shards of a source ever have the same epoch.
  const read = async (name: string): Promise<[string, number[]]> => [name, currentEpochs(await store.shards(name))];
  return new Map(await Promise.all([...new Set(states)].map(read)));
}

/** An epoch that nobody has issued yet, of another database's past, is heard until somebody leads. */
function isOver(epoch: number, current: readonly number[]): boolean {
  return !current.includes(epoch) && epoch < Math.max(...current);
}

async function readDeliveries(units: readonly Unit[], store: Store): Promise<Map<string, StoredDelivery>> {
  const ids = new Map<string, string[]>();
  for (const { report } of units) {
    const { source } = report.ref;
    if (report.deliveryId !== undefined) ids.set(source, [...(ids.get(source) ?? []), report.deliveryId]);
  }
  const found = await Promise.all([...ids].map(([source, of]) => store.deliveries(source, of)));
  return new Map(found.flatMap((each) => [...each.values()].map((one) => [deliveryKey(one.source, one.id), one])));
}

function deliveryKey(source: string, id: string): string {
  return JSON.stringify([source, id]);
}

/** The store makes a name longer when it is taken. */
function named(fold: Fold, decisions: readonly Decision[], names: ReadonlyMap<string, string> | undefined): Decision[] {
  return decisions.map((decision) => {
    const id = fold.state.issues.get(decision.key)?.id;
    const name = id === undefined ? undefined : names?.get(id);
    return decision.issue && name ? { ...decision, issue: { ...decision.issue, name } } : decision;
  });
}

export function fenced(source: string, epoch: number, current: number): string {
  return `${FENCED} epoch ${epoch} of source ${source} is over, epoch ${current} leads now: call /api/v1/lead again`;
}
