import { causeOf } from './cause.ts';
import type { Connection } from './frame/scene.ts';
import { Model } from './model.ts';
import type { Source } from './source/source.ts';

/** Who holds a key passes moments that nobody wants to see. */
const PAUSE_MS = 150;
/** After so long a moment that was refused is asked for again. */
const AGAIN_MS = 10_000;

interface Shown {
  readonly of: string;
  readonly model: Model;
  connection: Connection;
  readonly stop: AbortController;
}

/** How it was at the moment that is looked at: one list, kept until another moment is asked for. */
export class Past implements Disposable {
  readonly #source: Source;
  readonly #changed: () => void;
  readonly #now: () => number;
  #shown: Shown | undefined;

  constructor(source: Source, changed: () => void, now: () => number) {
    this.#source = source;
    this.#changed = changed;
    this.#now = now;
  }

  /** The model of that moment; as long as it is being read, an empty one. */
  at(at: number, namespace: string | undefined): { readonly model: Model; readonly connection: Connection } {
    const of = JSON.stringify([at, namespace]);
    const { connection } = this.#shown ?? {};
    if (connection?.kind === 'refused' && this.#now() >= connection.again) this[Symbol.dispose]();
    if (this.#shown?.of === of) return this.#shown;
    this[Symbol.dispose]();
    const shown: Shown = { of, model: new Model(), connection: { kind: 'connecting' }, stop: new AbortController() };
    this.#shown = shown;
    const timer = setTimeout(() => void this.#read(shown, at, namespace), PAUSE_MS);
    shown.stop.signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
    return shown;
  }

  /** A moment that was refused is asked for when it is looked at next. */
  again(): void {
    if (this.#shown?.connection.kind === 'refused') this[Symbol.dispose]();
  }

  async #read(shown: Shown, at: number, namespace: string | undefined): Promise<void> {
    try {
      const { columns, rows } = await this.#source.past(at, namespace, shown.stop.signal);
      shown.model.columns = columns;
      shown.model.apply(rows, []);
      shown.connection = { kind: 'still' };
    } catch (error) {
      if (shown.stop.signal.aborted) return;
      const why = causeOf(error);
      shown.connection = { kind: 'refused', why, again: this.#now() + AGAIN_MS };
    }
    this.#changed();
  }

  [Symbol.dispose](): void {
    this.#shown?.stop.abort();
    this.#shown = undefined;
  }
}
