import type { Entry } from './entry.ts';
import type { LeadReceivers, ReceiversLogger } from './ports.ts';

type Led = Parameters<LeadReceivers['lead']>[2];

/** The sources of these receivers, and the namespaces that each covers. */
export function ledSources(entries: readonly Entry[]): Led {
  const bySource = Map.groupBy(entries, ({ source }) => source);
  return Array.from(bySource, ([name, of]) => ({
    name,
    // Receivers of one name in several namespaces are one source. What the store forgets of the other class is nothing:
    // whatever is received is newer than all before.
    class: of.some(({ orderClass }) => orderClass === 'run') ? 'run' : 'received',
    filter: { namespaces: of.map(({ namespace }) => namespace ?? '*').sort(), labelSelector: '' },
  }));
}

/**
 * Row 8 for receivers: the store knows which there are, so that the issues of a deleted one become `SourceAbsent` and,
 * 24 h later, resolve. One manager for each place that receivers are declared in. Tries again until the store has heard.
 */
export class Coverage {
  readonly #store: LeadReceivers;
  readonly #log: ReceiversLogger;
  readonly #retryMs: number;
  readonly #wanted = new Map<string, { readonly text: string; readonly sources: Led }>();
  readonly #known = new Map<string, string>();
  #running = false;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(store: LeadReceivers, log: ReceiversLogger, retryMs: number) {
    this.#store = store;
    this.#log = log;
    this.#retryMs = retryMs;
  }

  cover(manager: string, entries: readonly Entry[]): void {
    const sources = ledSources(entries);
    this.#wanted.set(manager, { text: JSON.stringify(sources), sources });
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
        const [manager, { text, sources }] = next;
        await this.#store.lead(`faultline/${manager}`, '', sources);
        this.#known.set(manager, text);
      }
    } catch (error) {
      this.#log.warn({ error }, 'cannot register the receivers yet: trying again');
      if (!this.#ended) this.#timer = setTimeout(() => void this.#run(), this.#retryMs);
    } finally {
      this.#running = false;
    }
  }

  #next(): [string, { readonly text: string; readonly sources: Led }] | undefined {
    return [...this.#wanted].find(([manager, { text }]) => this.#known.get(manager) !== text);
  }
}
