import type { Source } from './source/source.ts';
import { ACTS, type Act } from './state/state.ts';

/** A selection that moves on sooner is not asked about. */
const PAUSE_MS = 400;

/** What the user may do in which namespace, as the server said when it was asked last. */
export class Rights {
  readonly #known = new Map<string, boolean>();
  readonly #source: Source;
  readonly #signal: AbortSignal;
  readonly #changed: () => void;
  #looked: { readonly namespace: string; readonly timer: NodeJS.Timeout } | undefined;

  constructor(source: Source, signal: AbortSignal, changed: () => void) {
    this.#source = source;
    this.#signal = signal;
    this.#changed = changed;
  }

  /** Whether it is known that the user may not, or that nobody may. */
  denied(act: Act, namespace: string): boolean {
    return this.#source.still !== undefined || this.#known.get(`${act}/${namespace}`) === false;
  }

  /** A namespace is looked at: what may be done there is asked soon, so that the keys can say so. */
  look(namespace: string): void {
    if (namespace === this.#looked?.namespace || this.#source.still !== undefined) return;
    clearTimeout(this.#looked?.timer);
    const timer = setTimeout(() => {
      for (const act of ACTS) if (!this.#known.has(`${act}/${namespace}`)) void this.may(act, namespace);
    }, PAUSE_MS);
    timer.unref();
    this.#looked = { namespace, timer };
  }

  /** Asks anew: rights come and go. A server that cannot be asked about them will refuse what may not be. */
  async may(act: Act, namespace: string): Promise<boolean> {
    try {
      const may = await this.#source.may(act, namespace, this.#signal);
      this.#known.set(`${act}/${namespace}`, may);
      this.#changed();
      return may;
    } catch {
      return true;
    }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#looked?.timer);
  }
}
