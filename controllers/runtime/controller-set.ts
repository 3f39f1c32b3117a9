import { isDeepStrictEqual } from 'node:util';
import type { Controller } from './controller.ts';
import type { Informer } from './informer.ts';
import { type BuildOptions, type BuiltController, buildControllers, type KindInformer } from './informers.ts';
import type { Leadership, LedSource } from './lead.ts';
import { ledSource } from './led-source.ts';
import type { LoadedController } from './loader.ts';
import { forgetController } from './metrics.ts';

export interface ControllerSetOptions extends Omit<BuildOptions, 'running'> {
  /** Waits for whoever leads this source; undefined when the signal aborts first. */
  leadershipOf: (source: LedSource, signal: AbortSignal) => Promise<Leadership | undefined>;
}

interface Member extends BuiltController {
  readonly source: LedSource;
  readonly end: AbortController;
  ended: Promise<void>;
}

/**
 * The controllers that run, and the informers that they share. The set can be changed while it runs: who is not touched
 * by a change keeps its informers, cache and queue.
 */
export class ControllerSet {
  readonly #options: ControllerSetOptions;
  readonly #informers = new Map<KindInformer, AbortController>();
  readonly #running = new Set<Promise<void>>();
  readonly #broken = Promise.withResolvers<never>();
  #members: readonly Member[] = [];
  #sources: readonly LedSource[] = [];
  #signal: AbortSignal | undefined;

  constructor(options: ControllerSetOptions) {
    this.#options = options;
    this.#broken.promise.catch(() => {});
    this.#install(options.controllers, [], options.controllers);
  }

  get controllers(): readonly Controller[] {
    return this.#members.map(({ controller }) => controller);
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

  /** Everything runs from now on until the signal aborts; see `ended`. */
  start(signal: AbortSignal): void {
    this.#signal = signal;
    for (const [kind, end] of this.#informers) this.#runInformer(kind, end);
    for (const member of this.#members) this.#runMember(member);
  }

  /** Resolves when everything that was started has ended. */
  async ended(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  /**
   * Makes the set equal to this one. What is the same goes on: the same `definition` with the same settings. What is not
   * wanted any more ends first, then its successor begins. False when there was nothing to change. One call at a time.
   */
  async apply(wanted: readonly LoadedController[]): Promise<boolean> {
    const kept = this.#members.filter(({ loaded }) => wanted.some((other) => isSame(loaded, other)));
    const names = new Set(kept.map(({ loaded }) => loaded.name));
    const added = wanted.filter(({ name }) => !names.has(name));
    const gone = this.#members.filter((member) => !kept.includes(member));
    if (added.length === 0 && gone.length === 0) return false;
    for (const { end } of gone) end.abort();
    await Promise.all(gone.map(({ ended }) => ended));
    this.#install(added, kept, wanted);
    const { metrics } = this.#options;
    const removed = gone.map(({ loaded }) => loaded.name).filter((name) => !wanted.some((one) => one.name === name));
    await Promise.all(removed.map((name) => forgetController(metrics, name)));
    return true;
  }

  #install(added: readonly LoadedController[], kept: readonly Member[], wanted: readonly LoadedController[]): void {
    // The informers of those that have just ended run still: a changed controller takes over what its predecessor had.
    const { built } = buildControllers({ ...this.#options, controllers: added, running: this.#informers.keys() });
    const members = built.map((one) => this.#member(one));
    const order = new Map(wanted.map(({ name }, index) => [name, index]));
    const place = ({ loaded }: Member): number => order.get(loaded.name) as number;
    this.#members = [...kept, ...members].sort((a, b) => place(a) - place(b));
    this.#sources = this.#members.map(({ source }) => source);
    this.#shareInformers();
    for (const member of members) this.#runMember(member);
  }

  #member(built: BuiltController): Member {
    const source = ledSource(built.loaded, this.#options.namespaces);
    return { ...built, source, end: new AbortController(), ended: Promise.resolve() };
  }

  #shareInformers(): void {
    const used = new Set(this.#members.flatMap(({ uses }) => [...uses]));
    for (const [kind, end] of this.#informers) {
      if (used.has(kind)) continue;
      end.abort();
      this.#informers.delete(kind);
    }
    for (const kind of used) {
      if (this.#informers.has(kind)) continue;
      const end = new AbortController();
      this.#informers.set(kind, end);
      this.#runInformer(kind, end);
    }
  }

  #runInformer({ informer }: KindInformer, end: AbortController): void {
    if (this.#signal !== undefined) this.#track(informer.run(AbortSignal.any([this.#signal, end.signal])));
  }

  #runMember(member: Member): void {
    if (this.#signal === undefined) return;
    const signal = AbortSignal.any([this.#signal, member.end.signal]);
    const lead = (): Promise<Leadership | undefined> => this.#options.leadershipOf(member.source, signal);
    member.ended = this.#track(member.controller.run(signal, lead));
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

function isSame(a: LoadedController, b: LoadedController): boolean {
  if (a === b) return true;
  const { definition, ...settings } = a;
  const { definition: other, ...others } = b;
  return definition === other && isDeepStrictEqual(settings, others);
}
