import { setTimeout as sleep } from 'node:timers/promises';
import type { Report, ReportResult, ReportsResponse } from '../../crds/report.ts';
import type { Journal } from './journal.ts';
import type { Random } from './random.ts';
import type { Server } from './server.ts';

/** Below the server's own database timeouts: a request may then be repeated while the first is still under way. */
const PATIENCE_MS = 3_000;
/** Whatever was broken is whole again long before. */
const GIVE_UP_MS = 60_000;

/**
 * A reporter as a good one is: it sends what was not acknowledged again, to any replica, and nothing else. Not an error
 * of the network, nor 429, 503 or a timeout is a failure; everything else is.
 */
export class Client {
  readonly #servers: readonly Server[];
  readonly #random: Random;
  readonly #journal: Journal;
  readonly #failures: Set<string>;
  /** ms until a request is repeated elsewhere. */
  patience = PATIENCE_MS;

  constructor(servers: readonly Server[], random: Random, journal: Journal, failures: Set<string>) {
    this.#servers = servers;
    this.#random = random;
    this.#journal = journal;
    this.#failures = failures;
  }

  /** Resolves when each was acknowledged, with the highest number that an answer carried. */
  async send(reports: readonly Report[]): Promise<number> {
    const deadline = performance.now() + GIVE_UP_MS;
    let open = reports;
    let latest = 0;
    for (let attempt = 0; open.length > 0; attempt++) {
      if (attempt > 0) await sleep(this.#random.between(20, 150));
      if (performance.now() > deadline) {
        this.#failures.add(`${open.length} reports, ${open[0]?.observed?.name} among them, were not taken in a minute`);
        return latest;
      }
      const server = this.#random.pick(this.#servers);
      const { results, resourceVersion } = await this.#once(server, open);
      latest = Math.max(latest, resourceVersion);
      this.#journal.sent(open, server.name, (place) => describe(results[place]));
      open = open.filter((_, place) => results[place]?.status !== 200);
    }
    return latest;
  }

  /** What each was answered; nothing at all is an answer too. */
  async #once(server: Server, reports: readonly Report[]): Promise<{ results: Given[]; resourceVersion: number }> {
    const all = (given: Given) => ({ results: reports.map(() => given), resourceVersion: 0 });
    try {
      const { status, text } = await server.post('/api/v1/reports', reports, this.patience);
      if (status !== 200) return all(this.#judged({ status, error: text.slice(0, 200) }));
      const { results, resourceVersion } = JSON.parse(text) as ReportsResponse;
      const given = reports.map((_, place) => this.#judged(results.find(({ index }) => index === place)));
      return { results: given, resourceVersion: Number(resourceVersion) };
    } catch (error) {
      return all({ status: 0, error: error instanceof Error ? error.message : String(error) });
    }
  }

  #judged(given: Given | undefined): Given {
    const judged = given ?? { status: -1, error: 'the answer has no result for a report' };
    if (![200, 429, 503].includes(judged.status)) {
      this.#failures.add(`a report was answered ${judged.status}: ${judged.error}`);
    }
    return judged;
  }
}

type Given = Pick<ReportResult, 'error' | 'decisions'> & { readonly status: number };

function describe(given: Given | undefined): string {
  if (given?.status !== 200) return `${given?.status} ${given?.error}`;
  return (given.decisions ?? []).map(({ cell, key }) => `${cell} ${key}`).join(', ') || 'ok';
}
