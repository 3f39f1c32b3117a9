import { isDeepStrictEqual } from 'node:util';
import type { ControllerExplanation, ObjectReference } from '../../crds/explanation.ts';
import type { Controller } from './controller.ts';
import type { Informer } from './informer.ts';
import { type BuildOptions, type KindInformer, type PlannedController, planControllers } from './informers.ts';
import type { LedSource } from './lead.ts';
import type { Seat } from './leadership/seat.ts';
import { mergedStatus, standbyStatus } from './leadership/status.ts';
import { ledSource } from './led-source.ts';
import type { LoadedController } from './loader.ts';
import { forgetController } from './metrics.ts';
import { PluginMetrics } from './plugin-metrics.ts';
import type { QueueState } from './queue.ts';
import type { Sink } from './sink.ts';
import type { ControllerStatus } from './status.ts';

export type ControllerSetOptions = Omit<BuildOptions, 'running'>;

interface Member extends PlannedController {
  readonly source: LedSource;
  readonly end: AbortController;
  /** One at each seat of this process. */
  readonly running: Map<Seat, { readonly controller: Controller; readonly ended: Promise<void> }>;
  /** Never runs: tells what is known of a standby. */
  readonly idle: Controller;
  readonly plugin: PluginMetrics | undefined;
}

/**
 * The controllers that run, and the informers that they share. Informers run all the time, controllers where this process
 * leads: at seats. The set can be changed while it runs: who is not touched by a change keeps its informers, cache and queue.
 */
export class ControllerSet {
  readonly #options: ControllerSetOptions;
  readonly #informers = new Map<KindInformer, AbortController>();
  readonly #running = new Set<Promise<void>>();
  readonly #broken = Promise.withResolvers<never>();
  readonly #seats = new Set<Seat>();
  readonly #seated = Promise.withResolvers<void>();
  #members: readonly Member[] = [];
  #sources: readonly LedSource[] = [];
  #namespaces: readonly string[];
  #signal: AbortSignal | undefined;

  constructor(options: ControllerSetOptions) {
    this.#options = options;
    this.#namespaces = options.namespaces;
    this.#broken.promise.catch(() => {});
    this.#install(options.controllers, [], options.controllers);
  }

  /** Those that run, at every seat. */
  get controllers(): readonly Controller[] {
    return this.#members.flatMap(({ running }) => [...running.values()].map(({ controller }) => controller));
  }

  /** Resolves when this process leads for the first time, or has ended without. */
  get seated(): Promise<void> {
    return this.#seated.promise;
  }

  status(): readonly ControllerStatus[] {
    return this.#members.map(({ running, idle }) => {
      const statuses = [...running.values()].map(({ controller }) => controller.status());
      return statuses.length > 0 ? mergedStatus(statuses) : standbyStatus(idle.status());
    });
  }

  /** What is known of an object: of each controller by the seat whose object it is. */
  explain(object: ObjectReference): readonly Omit<ControllerExplanation, 'process'>[] {
    return this.#members.flatMap(({ running, idle }) => {
      const controllers = running.size === 0 ? [idle] : [...running.values()].map(({ controller }) => controller);
      const found = controllers.map((controller) => controller.explain(object)).filter((one) => one !== undefined);
      return found.find(({ verdict }) => verdict !== 'OtherShard') ?? found.slice(0, 1);
    });
  }

  /** Brings the gauges up to date. */
  measure(): void {
    const { metrics } = this.#options;
    // Of one controller they are summed up over its seats.
    for (const gauge of [metrics.queueDepth, metrics.unfinishedSeconds, metrics.activeWorkers, metrics.objects]) {
      gauge.reset();
    }
    for (const { running, idle, loaded, plugin } of this.#members) {
      const controllers = running.size === 0 ? [idle] : [...running.values()].map(({ controller }) => controller);
      plugin?.measure();
      const longest = Math.max(...controllers.map((controller) => controller.measure()));
      metrics.longestSeconds.set({ name: loaded.name }, longest);
      metrics.maxConcurrent.set({ controller: loaded.name }, running.size * loaded.concurrency);
    }
  }

  /** The queues at every seat, by controller. */
  queues(): Record<string, QueueState[]> {
    return Object.fromEntries(
      this.#members.map(({ loaded, running }) => [
        loaded.name,
        [...running.values()].map(({ controller }) => controller.queue.state()),
      ]),
    );
  }

  get seats(): Iterable<Seat> {
    return this.#seats;
  }

  get informers(): readonly Informer[] {
    return [...this.#informers.keys()].map(({ informer }) => informer);
  }

  /** What has to be led; another list after every change. */
  get sources(): readonly LedSource[] {
    return this.#sources;
  }

  /** Rejects when a controller or an informer ended by a fault of its own. */
  get broken(): Promise<never> {
    return this.#broken.promise;
  }

  /** The informers run from now on until the signal aborts; see `ended`. */
  start(signal: AbortSignal): void {
    this.#signal = signal;
    for (const [kind, end] of this.#informers) this.#runInformer(kind, end);
  }

  /** Resolves when every informer has its first list, or knows that there is none to be had; or can be done without. */
  async filled(): Promise<void> {
    const needed = new Set<Informer>();
    for (const { primary, reads } of this.#members) {
      needed.add(primary);
      for (const { informer, optional } of reads) if (!optional) needed.add(informer);
    }
    await Promise.all(this.informers.map((informer) => isFilled(informer, needed.has(informer))));
  }

  /** Runs every controller at this seat until the signal of the seat aborts; resolves when all of them have ended. */
  async sit(seat: Seat): Promise<void> {
    this.#seats.add(seat);
    for (const member of this.#members) this.#runMember(member, seat);
    this.#seated.resolve();
    if (!seat.signal.aborted) {
      await new Promise((resolve) => seat.signal.addEventListener('abort', resolve, { once: true }));
    }
    this.#seats.delete(seat);
    await Promise.all(this.#members.map(({ running }) => running.get(seat)?.ended));
  }

  /** Resolves when everything that was started has ended. */
  async ended(): Promise<void> {
    this.#seated.resolve();
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  /**
   * Makes the set equal to this one. What is the same goes on: the same `definition` with the same settings. What is not
   * wanted any more ends first, then its successor begins. False when there was nothing to change. One call at a time.
   * Other `namespaces` change every controller.
   */
  async apply(wanted: readonly LoadedController[], namespaces = this.#namespaces): Promise<boolean> {
    const isElsewhere = !isDeepStrictEqual(namespaces, this.#namespaces);
    this.#namespaces = namespaces;
    const kept = isElsewhere
      ? []
      : this.#members.filter(({ loaded }) => wanted.some((other) => isSameController(loaded, other)));
    const names = new Set(kept.map(({ loaded }) => loaded.name));
    const added = wanted.filter(({ name }) => !names.has(name));
    const gone = this.#members.filter((member) => !kept.includes(member));
    if (added.length === 0 && gone.length === 0) return false;
    for (const { end } of gone) end.abort();
    await Promise.all(gone.flatMap(({ running }) => [...running.values()].map(({ ended }) => ended)));
    // Another namespace is another watch.
    if (isElsewhere) this.#endInformers(this.#informers.keys());
    this.#install(added, kept, wanted);
    const { metrics } = this.#options;
    const removed = gone.map(({ loaded }) => loaded.name).filter((name) => !wanted.some((one) => one.name === name));
    await Promise.all(removed.map((name) => forgetController(metrics, name)));
    return true;
  }

  #install(added: readonly LoadedController[], kept: readonly Member[], wanted: readonly LoadedController[]): void {
    // The informers of those that have just ended run still: a changed controller takes over what its predecessor had.
    const [namespaces, running] = [this.#namespaces, this.#informers.keys()];
    const { planned } = planControllers({ ...this.#options, controllers: added, namespaces, running });
    const members = planned.map((one) => this.#member(one));
    const order = new Map(wanted.map(({ name }, index) => [name, index]));
    const place = ({ loaded }: Member): number => order.get(loaded.name) as number;
    this.#members = [...kept, ...members].sort((a, b) => place(a) - place(b));
    this.#sources = this.#members.map(({ source }) => source);
    this.#shareInformers();
    for (const member of members) for (const seat of this.#seats) this.#runMember(member, seat);
  }

  #member(planned: PlannedController): Member {
    const source = ledSource(planned.loaded, this.#namespaces);
    const idle = planned.create({ sink: NO_SINK });
    const { host, name } = planned.loaded;
    const plugin = host && new PluginMetrics(name, host, this.#options.metrics);
    return { ...planned, source, idle, plugin, end: new AbortController(), running: new Map() };
  }

  #shareInformers(): void {
    const used = new Set(this.#members.flatMap(({ uses }) => [...uses]));
    this.#endInformers([...this.#informers.keys()].filter((kind) => !used.has(kind)));
    for (const kind of used) {
      if (this.#informers.has(kind)) continue;
      const end = new AbortController();
      this.#informers.set(kind, end);
      this.#runInformer(kind, end);
    }
  }

  #endInformers(kinds: Iterable<KindInformer>): void {
    for (const kind of kinds) {
      this.#informers.get(kind)?.abort();
      this.#informers.delete(kind);
    }
  }

  #runInformer({ informer }: KindInformer, end: AbortController): void {
    if (this.#signal !== undefined) this.#track(informer.run(AbortSignal.any([this.#signal, end.signal])));
  }

  #runMember(member: Member, seat: Seat): void {
    const signal = AbortSignal.any([seat.signal, member.end.signal]);
    const controller = member.create(seat.workplace);
    const ended = this.#track(controller.run(signal, () => seat.leadershipOf(member.source, signal)));
    member.running.set(seat, { controller, ended: ended.then(() => void member.running.delete(seat)) });
  }

  /** Never rejects: what goes wrong is told by `broken`. */
  #track(running: Promise<void>): Promise<void> {
    const tracked = running
      .catch((error: unknown) => this.#broken.reject(error))
      .then(() => void this.#running.delete(tracked));
    this.#running.add(tracked);
    return tracked;
  }
}

/** Of controllers that never run. */
const NO_SINK: Sink = {
  submit: () => Promise.reject(new Error('this controller does not run')),
  room: () => Promise.resolve(),
};

function isFilled(informer: Informer, isNeeded: boolean): Promise<void> {
  const filled = (): boolean => (isNeeded ? informer.settled : informer.excused);
  if (filled()) return Promise.resolve();
  return new Promise((resolve) => {
    const stateChanged = (): void => {
      if (!filled()) return;
      end();
      resolve();
    };
    const end = informer.subscribe({ changed: () => {}, stateChanged });
  });
}

/** Whether nothing has to be done to go from one to the other. */
export function isSameController(a: LoadedController, b: LoadedController): boolean {
  if (a === b) return true;
  const { definition, template, host: _, ...settings } = a;
  const { definition: other, template: otherTemplate, host: __, ...others } = b;
  const isSameCode = definition === other || (template !== undefined && template === otherTemplate);
  return isSameCode && isDeepStrictEqual(settings, others);
}
