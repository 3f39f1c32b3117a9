import type { OrderClass } from '../../crds/report.ts';
import type { Entry } from './entry.ts';
import type { LeadReceivers, ReceiversLogger } from './ports.ts';

type Led = Parameters<LeadReceivers['lead']>[2];

/**
 * The sources of the receivers of one place, and the namespaces that each covers. Receivers of one name in several
 * namespaces are one source, and a source has one class, whatever place they are declared in (`everywhere`). It is `run`
 * when any is: what the store then forgets of class `received` is nothing, since whatever is received is newer than all
 * before, but the times of runs keep old payloads out.
 */
export function ledSources(place: readonly Entry[], everywhere: readonly Entry[] = place): Led {
  const runs = new Set(everywhere.filter(({ orderClass }) => orderClass === 'run').map(({ source }) => source));
  const classOf = (source: string): OrderClass => (runs.has(source) ? 'run' : 'received');
  return Array.from(
    Map.groupBy(place, ({ source }) => source),
    ([name, of]) => ({
      name,
      class: classOf(name),
      filter: { namespaces: of.map(({ namespace }) => namespace ?? '*').sort(), labelSelector: '' },
    }),
  );
}

/**
 * Row 8 for receivers: the store knows which there are, so that the issues of a deleted one become `SourceAbsent` and,
 * 24 h later, resolve. One manager and one shard for each place that receivers are declared in, so that no place takes
 * away what another one covers. Tries again until the store has heard.
 */
export class Coverage {
  readonly #store: LeadReceivers;
  readonly #log: ReceiversLogger;
  readonly #retryMs: number;
  readonly #wanted = new Map<string, readonly Entry[]>();
  readonly #known = new Map<string, string>();
  #running = false;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(store: LeadReceivers, log: ReceiversLogger, retryMs: number) {
    this.#store = store;
    this.#log = log;
    this.#retryMs = retryMs;
  }

  /** What there is now, by place. A place that is left out is not known: the store keeps what it knows of it. */
  cover(places: ReadonlyMap<string, readonly Entry[]>): void {
    for (const [place, entries] of places) this.#wanted.set(place, entries);
    void this.#run();
  }

  [Symbol.dispose](): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    try {
      for (let next = this.#next(); next !== undefined && !this.#ended; next = this.#next()) {
        const { place, text, sources } = next;
        await this.#store.lead(`faultline/${place}`, place, sources);
        this.#known.set(place, text);
      }
    } catch (error) {
      if (this.#ended) return;
      this.#log.warn({ error }, 'cannot register the receivers yet: trying again');
      this.#timer = setTimeout(() => void this.#run(), this.#retryMs);
    } finally {
      this.#running = false;
    }
  }

  #next(): { readonly place: string; readonly text: string; readonly sources: Led } | undefined {
    const everywhere = [...this.#wanted.values()].flat();
    for (const [place, entries] of this.#wanted) {
      const sources = ledSources(entries, everywhere);
      const text = JSON.stringify(sources);
      if (this.#known.get(place) !== text) return { place, text, sources };
    }
    return undefined;
  }
}
