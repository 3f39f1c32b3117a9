import { subjectHash } from '../../crds/identity.ts';
import type { Report, ReportResult } from '../../crds/report.ts';
import { Backlog, isFailing, runTime } from './backlog.ts';
import { backoffDelay } from './backoff.ts';
import type { CacheChange } from './cache.ts';
import { type ClaimedSubject, Claims } from './claims.ts';
import { type Clock, systemClock } from './clock.ts';
import { GoneSubjects } from './gone-subjects.ts';
import { Health } from './health.ts';
import type { Informer } from './informer.ts';
import type { Leadership } from './lead.ts';
import type { LoadedController } from './loader.ts';
import type { Logger } from './logger.ts';
import type { RuntimeMetrics } from './metrics.ts';
import { type ClusterObject, namespaceOf } from './object.ts';
import { deletionOf, isUndecided, type Look, observationsOf, reportOf } from './observation.ts';
import { failureOf, observeWithin } from './observe.ts';
import { type Observation, TerminalError } from './plugin.ts';
import { WorkQueue } from './queue.ts';
import { Related, type RelatedKind } from './related.ts';
import { isFinished } from './run-times.ts';
import type { Sink } from './sink.ts';
import type { ControllerStatus } from './status.ts';

/**
 * The reconcile loop of one controller: take a key, look at the object as it is now, send what was seen. It acts on
 * state, never on events: an event only says where to look.
 *
 * The objects of a first list go through a *round*: their looks are held until all are decided, then what matters is
 * sent oldest first (`backlog.ts`). Everything later is sent as it is seen.
 */

export interface ControllerOptions {
  controller: LoadedController;
  primary: Informer;
  /** The declared reads. */
  reads: readonly RelatedKind[];
  sink: Sink;
  /** Of a live source failing runs of a first list that are older than `maxAge` open nothing. */
  live: boolean;
  clusterScopedNamespace: string;
  logger: Logger;
  metrics: RuntimeMetrics;
  clock?: Clock;
  random?: () => number;
  /** How long one observation may take. Default 10 s. */
  observationTimeoutMs?: number;
}

/** A refused look is looked at again after 5 s, 10 s, … 10 min; a failed one after 1 s, 2 s, … 10 min. */
const REFUSED_BASE = 5_000;
const FAILED_BASE = 1_000;
const MAX_BACKOFF = 600_000;
/** Kinds that must be read but are not allowed: asked again this often. */
const UNREADABLE_AGAIN = 30_000;

export class Controller {
  readonly #options: ControllerOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #queue: WorkQueue;
  readonly #related: Related;
  readonly #claims = new Claims();
  readonly #gone: GoneSubjects;
  readonly #health: Health;
  readonly #attempts = new Map<string, number>();
  readonly #refusals = new Map<string, number>();
  readonly #pending = new Set<string>();
  readonly #backlog = new Backlog();
  readonly #settled = Promise.withResolvers<void>();
  #wake = Promise.withResolvers<void>();
  #leadership: Leadership | undefined;
  #sequence = 0;
  #working = 0;
  #inFlight = 0;
  #syncWanted = false;

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    const { name } = options.controller;
    const { queueAdds, queueRetries, queueSeconds, workSeconds } = options.metrics;
    this.#queue = new WorkQueue({
      clock: this.#clock,
      lane: namespaceOf,
      observer: {
        added: () => queueAdds.inc({ name }),
        retried: () => queueRetries.inc({ name }),
        taken: (ms) => queueSeconds.observe({ name }, ms / 1_000),
        finished: (ms) => workSeconds.observe({ name }, ms / 1_000),
      },
    });
    const kinds = new Map<string, RelatedKind>(options.reads.map((read) => [read.informer.kind, read]));
    // The watched kind can be read too; that one of its objects is gone says nothing about a subject.
    if (!kinds.has(options.primary.kind)) {
      kinds.set(options.primary.kind, { informer: options.primary, ownedByObject: true });
    }
    this.#related = new Related(kinds, options.live);
    this.#gone = new GoneSubjects(options.reads.filter((read) => read.informer !== options.primary));
    this.#health = new Health(options);
  }

  get name(): string {
    return this.#options.controller.name;
  }

  /** Resolves when the first list was decided and acknowledged. */
  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  /** Nothing waits to be looked at or to be acknowledged. */
  get idle(): boolean {
    return this.#leadership !== undefined && this.#queue.idle && this.#inFlight === 0 && this.#pending.size === 0;
  }

  status(): ControllerStatus {
    const { order } = this.#options.controller.definition;
    return this.#health.status(order === 'state' ? this.#claims.conflicts().length : 0);
  }

  /** Updates the gauges: called when metrics are asked for. */
  measure(): void {
    const { metrics, controller } = this.#options;
    const ages = this.#queue.workingFor();
    metrics.queueDepth.set({ name: controller.name }, this.#queue.depth);
    metrics.unfinishedSeconds.set({ name: controller.name }, ages.reduce((sum, age) => sum + age, 0) / 1_000);
    metrics.longestSeconds.set({ name: controller.name }, Math.max(0, ...ages) / 1_000);
    metrics.activeWorkers.set({ controller: controller.name }, this.#working);
    this.#health.measure();
  }

  /** Runs until the signal aborts. `lead` is asked once, when the caches are filled. */
  async run(signal: AbortSignal, lead: () => Promise<Leadership | undefined>): Promise<void> {
    const unsubscribe = this.#subscribe();
    signal.addEventListener('abort', () => this.#stop(), { once: true });
    try {
      while (!this.#canBegin() && !signal.aborted) await this.#wake.promise;
      const leadership = signal.aborted ? undefined : await lead();
      if (leadership === undefined || signal.aborted) return;
      this.#begin(leadership);
      const { concurrency } = this.#options.controller;
      this.#options.metrics.maxConcurrent.set({ controller: this.name }, concurrency);
      await Promise.all(Array.from({ length: concurrency }, () => this.#work(signal)));
    } finally {
      for (const end of unsubscribe) end();
    }
  }

  #subscribe(): (() => void)[] {
    const { primary, reads } = this.#options;
    const stateChanged = (): void => {
      // Not installed or not allowed: nothing to wait for at a start; when it comes, it is decided then.
      if (primary.settled && !primary.usable) this.#settled.resolve();
      this.#wake.resolve();
      this.#wake = Promise.withResolvers();
    };
    const related = reads.map(({ informer }) =>
      informer.subscribe({ stateChanged, changed: (change) => this.#relatedChanged(informer, change) }),
    );
    return [primary.subscribe({ stateChanged, changed: (change) => this.#primaryChanged(change) }), ...related];
  }

  #stop(): void {
    this.#queue.close();
    this.#wake.resolve();
  }

  #canBegin(): boolean {
    const { primary, reads } = this.#options;
    return primary.settled && primary.usable && reads.every(({ informer }) => informer.settled);
  }

  #begin(leadership: Leadership): void {
    this.#leadership = leadership;
    this.#syncWanted = this.#options.controller.definition.onDelete === 'resolve';
    for (const key of this.#options.primary.cache.keys()) {
      this.#pending.add(key);
      this.#queue.add(key, 'backlog');
    }
    if (this.#pending.size === 0) void this.#flush();
  }

  #primaryChanged(change: CacheChange): void {
    // Until it leads, the cache holds everything that there is to know.
    if (this.#leadership === undefined) return;
    for (const key of this.#related.affected(this.#options.primary.kind, change)) this.#queue.add(key);
    if (change.type === 'applied' && change.initial) {
      this.#pending.add(change.key);
      this.#queue.add(change.key, 'backlog');
    } else this.#queue.add(change.key);
  }

  #relatedChanged(informer: Informer, change: CacheChange): void {
    if (this.#leadership === undefined) return;
    for (const key of this.#related.affected(informer.kind, change)) this.#queue.add(key);
    if (change.type === 'deleted') {
      const key = this.#gone.keyOf(change.object);
      if (key !== undefined) this.#queue.add(key);
    }
  }

  async #work(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const key = await this.#queue.take();
      if (key === undefined) return;
      await this.#options.sink.room(signal);
      if (signal.aborted) return;
      this.#working++;
      try {
        if (this.#gone.isKey(key)) this.#reportGoneSubject(key);
        else await this.#reconcile(key, signal);
      } finally {
        this.#working--;
        this.#queue.done(key);
      }
    }
  }

  async #reconcile(key: string, signal: AbortSignal): Promise<void> {
    const object = this.#options.primary.cache.get(key);
    const since = this.#clock.now();
    if (object === undefined) this.#deleted(key);
    else await this.#look(key, object, signal);
    this.#options.metrics.reconcileSeconds.observe({ controller: this.name }, (this.#clock.now() - since) / 1_000);
    if (this.#pending.delete(key) && this.#pending.size === 0) void this.#flush();
  }

  async #look(key: string, object: ClusterObject, signal: AbortSignal): Promise<void> {
    const unreadable = this.#related.unreadable(namespaceOf(key));
    if (unreadable !== undefined) {
      this.#health.undecided(key, { reason: `cannot read ${unreadable.kind}`, final: false, terminal: false });
      this.#queue.addAfter(key, UNREADABLE_AGAIN);
      return;
    }
    // Numbered when it begins: what a later look has seen is newer than what this one says.
    const sequence = ++this.#sequence;
    const reading = { current: undefined as ReturnType<Related['begin']> | undefined };
    try {
      const { definition, options } = this.#options.controller;
      const verdict = await observeWithin(
        definition,
        {
          object,
          options,
          read: (aborts) => {
            reading.current = this.#related.begin(object, () => this.#clock.now(), aborts);
            return reading.current.read;
          },
        },
        { timeoutMs: this.#options.observationTimeoutMs ?? 10_000, clock: this.#clock, signal },
      );
      if (signal.aborted) return;
      reading.current?.commit();
      this.#decided(key, verdict, this.#lookOf(object, sequence, reading.current?.detail() ?? 0));
      this.#attempts.delete(key);
    } catch (error) {
      if (!signal.aborted) this.#failed(key, error);
    }
  }

  #lookOf(object: ClusterObject, sequence: number, detail = 0): Look {
    const { controller, clusterScopedNamespace, live } = this.#options;
    const { epoch = 0 } = this.#leadership ?? {};
    return {
      source: controller.name,
      order: controller.definition.order,
      object,
      epoch,
      sequence,
      detail,
      clusterScopedNamespace,
      live,
    };
  }

  #decided(key: string, verdict: unknown, look: Look): void {
    if (isUndecided(verdict)) {
      const final = verdict.final === true;
      this.#health.undecided(key, { reason: verdict.undecided, final, terminal: isFinished(look.object) });
      this.#again(key, verdict.again);
      return;
    }
    const observations = observationsOf(verdict);
    const reports = uniqueReports(observations, look);
    this.#health.decided(key, [...reports.values()].some(isFailing));
    for (const { again } of observations) this.#again(key, again);
    const sent = this.#sendable(key, reports);
    if (this.#pending.has(key) || this.#backlog.has(key)) {
      this.#backlog.put(
        key,
        sent.map(([subjectId, report]) => ({ key, subjectId, report })),
      );
    } else if (sent.length > 0)
      this.#send(
        key,
        sent.map(([, report]) => report),
      );
  }

  #again(key: string, ms: number | undefined): void {
    if (typeof ms === 'number' && Number.isFinite(ms)) this.#queue.addAfter(key, Math.max(0, ms) || 1_000);
  }

  /** Remembers what the object speaks about, and leaves out what must not be sent. */
  #sendable(key: string, reports: ReadonlyMap<string, Report>): [string, Report][] {
    const { order } = this.#options.controller.definition;
    const claimed = new Map<string, ClaimedSubject>();
    for (const [subjectId, { namespace, subject }] of reports) claimed.set(subjectId, { namespace, subject });
    if (this.#remembersSubjects()) this.#release(key, claimed);
    return [...reports].filter(([subjectId, { namespace, subject }]) => {
      if (order === 'run' && this.#related.isGone(key, subject)) return this.#health.skipped('SubjectGone');
      if (order === 'state' && this.#claims.claimants(subjectId).size > 1)
        return this.#health.skipped('SubjectConflict');
      this.#gone.remember(namespace, subject);
      return true;
    });
  }

  /** A pruned run takes nothing away, so only the others need to know what they spoke about. */
  #remembersSubjects(): boolean {
    const { order, onDelete } = this.#options.controller.definition;
    return order === 'state' || onDelete === 'resolve';
  }

  /** The object speaks about `claimed` from now on: what it spoke about before has lost its object. */
  #release(key: string, claimed: ReadonlyMap<string, ClaimedSubject>): void {
    const lost = this.#claims.set(key, claimed);
    const object = this.#options.primary.cache.get(key);
    const orphans: Report[] = [];
    for (const [subjectId, where] of lost) {
      const others = this.#claims.claimants(subjectId);
      for (const other of others) this.#queue.add(other);
      if (others.size > 0 || object === undefined || this.#options.controller.definition.onDelete === 'keep') continue;
      orphans.push(deletionOf('object', where, this.#lookOf(object, ++this.#sequence)));
    }
    if (orphans.length > 0) this.#send(key, orphans);
  }

  #deleted(key: string): void {
    const { onDelete } = this.#options.controller.definition;
    this.#backlog.drop(key);
    this.#health.gone(key);
    this.#related.forget(key);
    const claimed = this.#claims.of(key);
    if (onDelete === 'keep') {
      this.#attempts.delete(key);
      if (claimed !== undefined) this.#release(key, new Map());
      return;
    }
    // Never decided here: what is stored about it is from an earlier epoch, which only a sync can tell.
    if (claimed === undefined) return void this.#sync();
    const alone = [...claimed].filter(([subjectId]) => this.#claims.claimants(subjectId).size === 1);
    const ghost = deletedObject(key, this.#options.primary);
    const reports = alone.map(([, where]) => deletionOf('object', where, this.#lookOf(ghost, ++this.#sequence)));
    const forget = (): void => {
      // Only what was sent: the object may have come back in the meantime.
      if (this.#claims.of(key) === claimed) this.#release(key, new Map());
      this.#attempts.delete(key);
    };
    if (reports.length === 0) forget();
    else this.#send(key, reports, forget);
  }

  #reportGoneSubject(key: string): void {
    const gone = this.#gone.gone(key);
    if (gone === undefined) return;
    const reports = gone.places.map((where) =>
      deletionOf('subject', where, this.#lookOf(gone.object, ++this.#sequence)),
    );
    this.#send(key, reports, () => this.#gone.forget(key));
  }

  #failed(key: string, error: unknown): void {
    const failure = failureOf(error);
    const attempt = this.#attempts.get(key) ?? 0;
    this.#health.failed(key, failure);
    if (failure.kind === 'terminal') return;
    this.#attempts.set(key, attempt + 1);
    const backoff = { base: FAILED_BASE, max: MAX_BACKOFF, random: this.#random };
    this.#queue.retryAfter(key, failure.kind === 'retryAfter' ? failure.ms : backoffDelay(attempt, backoff));
  }

  /** Not awaited by the worker: one slow answer must not stop the looks. Back-pressure is the sink's room. */
  #send(key: string, reports: readonly Report[], accepted: () => void = () => {}): void {
    void this.#submit(reports).then((results) => this.#answered(key, results, accepted));
  }

  /** Undefined when the sink was closed on the way. */
  async #submit(reports: readonly Report[]): Promise<readonly ReportResult[] | undefined> {
    this.#inFlight++;
    try {
      return await this.#options.sink.submit(reports);
    } catch (error) {
      this.#options.logger.debug({ controller: this.name, error: String(error) }, 'reports were not sent');
      return undefined;
    } finally {
      this.#inFlight--;
    }
  }

  #answered(key: string, results: readonly ReportResult[] | undefined, accepted: () => void): void {
    if (results === undefined) return;
    for (const result of results) this.#health.answered(key, result);
    const refused = results.some((result) => result.status !== 200);
    if (!refused) {
      this.#refusals.delete(key);
      accepted();
      return;
    }
    const attempt = this.#refusals.get(key) ?? 0;
    this.#refusals.set(key, attempt + 1);
    const backoff = { base: REFUSED_BASE, max: MAX_BACKOFF, random: this.#random };
    this.#queue.retryAfter(key, backoffDelay(attempt, backoff));
  }

  /** The end of a round: everything that was listed is decided. */
  async #flush(): Promise<void> {
    const entries = this.#backlog.take().filter(({ subjectId, report }) => {
      if (this.#isTooOld(report)) return this.#health.skipped('TooOld');
      const conflict = report.order.class === 'state' && this.#claims.claimants(subjectId).size > 1;
      return conflict ? this.#health.skipped('SubjectConflict') : true;
    });
    this.#health.superseded(this.#backlog.superseded);
    this.#inFlight++;
    try {
      const waits: Promise<void>[] = [];
      for (let from = 0; from < entries.length; from += 1_000) {
        const chunk = entries.slice(from, from + 1_000);
        await this.#options.sink.room(this.#leadership?.signal ?? AbortSignal.abort());
        const answer = this.#submit(chunk.map((entry) => entry.report));
        waits.push(
          answer.then((results) => {
            for (const [index, { key }] of chunk.entries())
              this.#answered(key, results?.slice(index, index + 1), () => {});
          }),
        );
      }
      await Promise.all(waits);
    } finally {
      this.#inFlight--;
    }
    this.#caughtUp();
  }

  #caughtUp(): void {
    if (this.#pending.size > 0 || this.#leadership?.signal.aborted) return;
    this.#health.caughtUp();
    this.#settled.resolve();
    if (this.#syncWanted) this.#sync();
    void this.#findGoneSubjects();
  }

  /** Row 7: only when everything was listed, or what was not listed would look as if it were gone. */
  #sync(): void {
    const { primary } = this.#options;
    if (this.#leadership === undefined || !primary.complete || this.#pending.size > 0) return;
    this.#syncWanted = false;
    void this.#leadership.sync([...primary.cache.values()]);
  }

  /** Subjects that went away while nobody was looking. */
  async #findGoneSubjects(): Promise<void> {
    if (this.#leadership === undefined || !this.#options.live || !this.#gone.hasKinds) return;
    const subjects = await this.#leadership.activeSubjects();
    for (const { namespace, subject } of subjects) {
      const key = this.#gone.remember(namespace, subject);
      if (key !== undefined && this.#gone.gone(key) !== undefined) this.#queue.add(key);
    }
  }

  #isTooOld(report: Report): boolean {
    const { live, controller } = this.#options;
    const time = runTime(report);
    return live && isFailing(report) && time !== undefined && time < this.#clock.now() - controller.maxAgeMs;
  }
}

function uniqueReports(observations: readonly Observation[], look: Look): Map<string, Report> {
  const reports = new Map<string, Report>();
  for (const observation of observations) {
    const report = reportOf(observation, look);
    const subjectId = `${report.namespace}\u0000${subjectHash(report.subject)}`;
    if (reports.has(subjectId)) {
      throw new TerminalError(
        `observe() answered two observations of ${report.subject.kind} ${report.subject.name} with one aspect`,
      );
    }
    reports.set(subjectId, report);
  }
  return reports;
}

/** What is left of a deleted object: its name. */
function deletedObject(key: string, informer: Informer): ClusterObject {
  const [apiVersion = 'v1'] = informer.apiVersions;
  const namespace = namespaceOf(key);
  const metadata = { name: key.slice(namespace.length + 1), ...(namespace && { namespace }) };
  return { apiVersion, kind: informer.kind, metadata };
}
