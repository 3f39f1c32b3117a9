import type { ControllerExplanation, ObjectReference } from '../../crds/explanation.ts';
import { ActiveSubjects } from './active-subjects.ts';
import type { CacheChange } from './cache.ts';
import { type Clock, systemClock } from './clock.ts';
import type { ControllerOptions } from './controller-options.ts';
import { explainObject } from './explain.ts';
import { GoneSubjects } from './gone-subjects.ts';
import { Health } from './health.ts';
import type { Informer } from './informer.ts';
import type { Leadership } from './lead.ts';
import { ListedObjects } from './listed-objects.ts';
import { LookAgain } from './look-again.ts';
import { Looks } from './looks.ts';
import { measuredQueue } from './measured-queue.ts';
import { type ClusterObject, ghostOf, namespaceOf } from './object.ts';
import { decidedReports, isUndecided, type Look, observationsOf, reportsOf } from './observation.ts';
import { failureOf, observeWithin } from './observe.ts';
import type { WorkQueue } from './queue.ts';
import { type Reading, Related, relatedKinds } from './related.ts';
import { Reporting } from './reporting.ts';
import { isFinished } from './run-times.ts';
import type { ControllerStatus } from './status.ts';

/**
 * The reconcile loop of one controller: take a key, look at the object as it is now, send what was seen. It acts on
 * state, never on events: an event only says where to look.
 *
 * The objects of a first list go through a *round*: their looks are held until all are decided, then what matters is
 * sent oldest first (`backlog.ts`). Everything later is sent as it is seen.
 */

export type { ControllerOptions } from './controller-options.ts';

export class Controller {
  readonly #options: ControllerOptions;
  readonly #clock: Clock;
  readonly queue: WorkQueue;
  readonly #related: Related;
  readonly #gone: GoneSubjects;
  readonly #health: Health;
  readonly #looks: Looks;
  readonly #reporting: Reporting;
  readonly #listed: ListedObjects;
  readonly #active: ActiveSubjects;
  readonly #again: LookAgain;
  /** The keys of the running round that were not looked at yet. */
  readonly #round = new Set<string>();
  /** Keys whose reports were refused under the number that is in use still. */
  readonly #fenced = new Set<string>();
  /** Looks of the running round that asked for a log. */
  readonly #wantsLogs = new Set<string>();
  readonly #settled = Promise.withResolvers<void>();
  #wake = Promise.withResolvers<void>();
  #leadership: Leadership | undefined;
  #sequence = 0;
  /** All of it was listed, when its state last changed. */
  #isComplete = false;
  #working = 0;

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    const { primary, reads, live } = options;
    const { controller, metrics, tracer } = options;
    const { apiVersions, kind } = primary;
    this.#looks = new Looks({ controller: controller.name, apiVersions, kind, tracer, clock: this.#clock });
    this.queue = measuredQueue(controller.name, this.#clock, metrics, this.#looks);
    this.#again = new LookAgain({ queue: this.queue, clock: this.#clock, random: options.random ?? Math.random });
    this.#related = new Related(relatedKinds(controller.definition, primary, reads), live);
    this.#gone = new GoneSubjects(reads.filter((read) => read.informer.kind !== primary.kind));
    this.#health = new Health({ ...options, looks: this.#looks });
    const [leadership, isDecided] = [() => this.#leadership, () => this.#round.size === 0];
    this.#listed = new ListedObjects({ ...options, leadership, isDecided, clock: this.#clock });
    this.#reporting = new Reporting({
      ...options,
      related: this.#related,
      gone: this.#gone,
      health: this.#health,
      looks: this.#looks,
      now: () => this.#clock.now(),
      look: (object) => this.#lookAt(object),
      again: (key) => this.queue.add(key),
      refused: (key, fenced) => this.#refused(key, fenced),
      accepted: (key) => this.#again.accepted(key),
      fenced: (epoch) => {
        // The answer to a look of an earlier term says nothing about this one.
        if (epoch === this.#leadership?.epoch) this.#leadership.fenced();
      },
    });
    const outcomeOf = (key: string) => this.#health.ledger.outcomeOf(key);
    this.#active = new ActiveSubjects({ ...options, gone: this.#gone, reporting: this.#reporting, outcomeOf });
  }

  get name(): string {
    return this.#options.controller.name;
  }

  /** Resolves when the first list was decided and acknowledged, or cannot be had (not installed, not allowed, ended). */
  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  status(): ControllerStatus {
    return this.#health.status(this.#reporting.conflicts);
  }

  /** What it knows of an object; undefined when it has nothing to do with that kind. */
  explain(object: ObjectReference): Omit<ControllerExplanation, 'process'> | undefined {
    return explainObject(object, {
      ...this.#options,
      isLeading: this.#leadership !== undefined,
      entry: (key) => this.#health.ledger.entry(key),
      rivals: (key) => this.#reporting.rivals(key),
    });
  }

  /** Adds to the gauges; returns the age of the oldest work in progress, seconds. */
  measure(): number {
    const { metrics } = this.#options;
    const ages = this.queue.workingFor();
    metrics.queueDepth.inc({ name: this.name }, this.queue.depth);
    metrics.unfinishedSeconds.inc({ name: this.name }, ages.reduce((sum, age) => sum + age, 0) / 1_000);
    metrics.activeWorkers.inc({ controller: this.name }, this.#working);
    this.#health.measure();
    return Math.max(0, ...ages) / 1_000;
  }

  /** Runs until the signal aborts. `lead` is asked once, when the caches are filled. */
  async run(signal: AbortSignal, lead: () => Promise<Leadership | undefined>): Promise<void> {
    const unsubscribe = this.#subscribe();
    const stop = (): void => {
      this.queue.close();
      this.#wake.resolve();
    };
    signal.addEventListener('abort', stop, { once: true });
    // An informer that another controller began with has told its state before.
    this.#stateChanged();
    try {
      while (!this.#canBegin() && !signal.aborted) await this.#wake.promise;
      const leadership = signal.aborted ? undefined : await lead();
      if (leadership === undefined || signal.aborted) return;
      this.#begin(leadership);
      const { concurrency } = this.#options.controller;
      await Promise.all(Array.from({ length: concurrency }, () => this.#work(signal)));
    } finally {
      for (const end of unsubscribe) end();
      this.#settled.resolve();
    }
  }

  #subscribe(): (() => void)[] {
    const { primary, reads } = this.#options;
    const stateChanged = (): void => this.#stateChanged();
    const related = reads.map(({ informer }) =>
      informer.subscribe({ stateChanged, changed: (change) => this.#relatedChanged(informer, change) }),
    );
    return [primary.subscribe({ stateChanged, changed: (change) => this.#primaryChanged(change) }), ...related];
  }

  #stateChanged(): void {
    const { primary } = this.#options;
    // Not installed or not allowed: nothing to wait for at a start; when it comes, it is decided then.
    if (primary.settled && !primary.usable) this.#settled.resolve();
    const wasComplete = this.#isComplete;
    this.#isComplete = primary.complete;
    // A namespace that could not be read before, and nothing in it: no round ends to compare what is stored of it.
    if (this.#isComplete && !wasComplete && this.#leadership && this.#round.size === 0) this.#compare();
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }

  #canBegin(): boolean {
    const { primary, reads } = this.#options;
    return (
      primary.settled &&
      primary.usable &&
      reads.every(({ informer, optional }) => informer.settled || (optional && informer.excused))
    );
  }

  /** Everything is looked at with the numbers of this epoch, now and whenever this process leads again. */
  #begin(leadership: Leadership): void {
    if (leadership.signal.aborted) return;
    const hasBegun = this.#leadership !== undefined;
    this.#leadership = leadership;
    void leadership.next.then((next) => this.#begin(next));
    if (leadership.renewed === true && hasBegun) {
      // A round goes on. What was asked under the old number was refused.
      void this.#listed.tellAgain();
      for (const key of this.#fenced) this.queue.add(key);
      this.#fenced.clear();
      return;
    }
    this.#fenced.clear();
    for (const key of this.#options.primary.cache.keys()) {
      if (!this.#covers(key)) continue;
      this.#round.add(key);
      this.queue.add(key, 'backlog');
    }
    if (this.#round.size === 0) void this.#endRound();
  }

  #covers(key: string): boolean {
    return this.#options.covers?.(namespaceOf(key)) !== false;
  }

  #primaryChanged(change: CacheChange): void {
    // Until it leads, the cache holds everything that there is to know.
    if (this.#leadership === undefined) return;
    for (const key of this.#related.affected(this.#options.primary.kind, change)) this.queue.add(key);
    if (!this.#covers(change.key)) return;
    const isListed = change.type === 'applied' && change.initial;
    if (isListed) this.#round.add(change.key);
    this.queue.add(change.key, isListed ? 'backlog' : 'normal');
  }

  #relatedChanged(informer: Informer, change: CacheChange): void {
    if (this.#leadership === undefined) return;
    for (const key of this.#related.affected(informer.kind, change)) this.queue.add(key);
    const subject = change.type === 'deleted' ? this.#gone.keyOf(change.object) : undefined;
    if (subject !== undefined) this.queue.add(subject);
  }

  async #work(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const key = await this.queue.take();
      if (key === undefined) return;
      await this.#options.sink.room(signal);
      if (signal.aborted) return;
      this.#working++;
      try {
        if (this.#gone.isKey(key)) this.#reporting.subjectGone(key);
        else await this.#reconcile(key, signal);
      } finally {
        this.#looks.end(key);
        this.#working--;
        this.queue.done(key);
      }
    }
  }

  async #reconcile(key: string, signal: AbortSignal): Promise<void> {
    const object = this.#options.primary.cache.get(key);
    const since = this.#clock.now();
    this.#looks.begin(key);
    this.#reporting.repay(key, object ?? ghostOf(key, this.#options.primary));
    if (object === undefined) this.#deleted(key);
    else await this.#look(key, object, signal);
    this.#options.metrics.reconcileSeconds.observe({ controller: this.name }, (this.#clock.now() - since) / 1_000);
    if (this.#round.delete(key) && this.#round.size === 0) void this.#endRound();
  }

  async #look(key: string, object: ClusterObject, signal: AbortSignal): Promise<void> {
    const unreadable = this.#related.unreadable(namespaceOf(key));
    if (unreadable !== undefined) {
      this.#health.undecided(key, { reason: `cannot read ${unreadable.kind}`, final: false, terminal: false });
      this.#again.unreadable(key);
      return;
    }
    let reading: Reading | undefined;
    const read = (aborts: AbortSignal): Reading['read'] => {
      const logs = this.#options.logs.of(
        aborts,
        () => this.#hasNoLogs(key),
        () => this.#looks.fields(key),
      );
      reading = this.#related.begin(object, () => this.#clock.now(), aborts, logs);
      return reading.read;
    };
    try {
      const timeoutMs = this.#options.observationTimeoutMs ?? 10_000;
      const limits = { timeoutMs, clock: this.#clock, signal };
      const verdict = await observeWithin(this.#options.controller, { object, read }, limits);
      if (signal.aborted) return;
      (reading as Reading | undefined)?.commit();
      // Numbered when it ends, together with what it claims: a look that began before another object gave this subject
      // away must not be older than that. Looks of one object never overlap.
      const look = this.#lookAt(object);
      this.#decided(key, verdict, { ...look, detail: (reading as Reading | undefined)?.detail() ?? 0 });
      this.#again.looked(key);
    } catch (error) {
      if (!signal.aborted) this.#failed(key, error);
    }
  }

  /** A round reads no logs, or a start would ask for that of every failed run: what was sent is looked at again. */
  #hasNoLogs(key: string): boolean {
    return this.#round.has(key) && this.#wantsLogs.add(key).size > 0;
  }

  #lookAt(object: ClusterObject): Look {
    const { controller, clusterScopedNamespace, live } = this.#options;
    const { order, crossNamespaceText = false } = controller.definition;
    const epoch = this.#leadership?.epoch ?? 0;
    return {
      source: controller.name,
      order,
      object,
      epoch,
      sequence: ++this.#sequence,
      detail: 0,
      clusterScopedNamespace,
      crossNamespaceText,
      live,
    };
  }

  #decided(key: string, verdict: unknown, look: Look): void {
    if (isUndecided(verdict)) {
      const final = verdict.final === true;
      this.#health.undecided(key, { reason: verdict.undecided, final, terminal: isFinished(look.object) });
      this.#again.asked(key, verdict.again);
      return;
    }
    const observations = observationsOf(verdict);
    const spokenAbout = reportsOf(observations, look);
    const { decided: reports, noVerdict } = decidedReports(spokenAbout, observations);
    const [first] = noVerdict;
    // No verdict about anything is what undecided(reason) says.
    const isAll = first !== undefined && reports.size === 0;
    if (isAll) this.#health.undecided(key, { reason: first.reason, final: false, terminal: isFinished(look.object) });
    else this.#health.decided(key, reports.values(), noVerdict);
    for (const { again } of observations) this.#again.asked(key, again);
    this.#reporting.seen(key, look.object, { spokenAbout, reports }, this.#round.has(key));
  }

  #deleted(key: string): void {
    this.#health.gone(key);
    this.#related.forget(key);
    this.#again.looked(key);
    this.#options.controller.host?.forget(key);
    if (this.#options.controller.definition.onDelete === 'keep') this.#again.accepted(key);
    // Never decided here: what is stored about it is from an earlier epoch, which only a sync can tell.
    const isKnown = this.#reporting.deleted(key, ghostOf(key, this.#options.primary));
    if (!isKnown && this.#active.isRemembered(key)) void this.#listed.tell();
  }

  #refused(key: string, fenced: number | undefined): void {
    // On its way when the set of controllers was changed: there is another number already, or will be in a moment.
    if (fenced !== undefined && fenced !== this.#leadership?.epoch) {
      this.queue.add(key);
      return;
    }
    if (fenced !== undefined) this.#fenced.add(key);
    this.#again.refused(key);
  }

  #failed(key: string, error: unknown): void {
    const failure = failureOf(error);
    this.#health.failed(key, failure);
    this.#again.failed(key, failure);
  }

  /** Everything that was listed is decided: sends what matters, then the sync and what follows from it. */
  async #endRound(): Promise<void> {
    const signal = this.#leadership?.signal ?? AbortSignal.abort();
    const present = await this.#reporting.flush(signal);
    for (const key of present) if (this.#wantsLogs.has(key)) this.queue.add(key, 'backlog');
    if (this.#round.size > 0 || signal.aborted) return;
    this.#wantsLogs.clear();
    this.#health.caughtUp();
    this.#settled.resolve();
    this.#compare();
  }

  /** What the backend believes, against what there is. */
  #compare(): void {
    if (this.#options.controller.definition.onDelete === 'resolve') void this.#listed.tell();
    void this.#compareActive();
  }

  async #compareActive(): Promise<void> {
    const leads = this.#leadership;
    if (leads === undefined) return;
    for (const key of await this.#active.compare(leads)) this.queue.add(key);
  }
}
