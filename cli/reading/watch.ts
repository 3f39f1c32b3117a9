import { setTimeout as delay } from 'node:timers/promises';
import { aborted } from '../aborted.ts';
import { Failure } from '../exit.ts';
import type { Streams } from '../streams.ts';
import type { Asker } from './ask.ts';
import { Refusal } from './fault.ts';
import { type ListQuery, listPages, type Page, watchRows } from './issues.ts';

const MAX_WAIT_MS = 30_000;

/** Who is told what changes. */
export interface Follower {
  /** It shows nothing of what is there already. */
  readonly isMute: boolean;
  page(page: Page): void;
  /** Of a list that was asked for again, because nobody knows what changed. */
  listed(page: Page): void;
}

/**
 * Prints what changes from a resourceVersion on, until the signal aborts. A connection that is lost comes back by itself,
 * which is said once; a server that forgot the version is asked for everything again.
 */
export async function followWatch(
  asker: Asker,
  query: ListQuery,
  from: string,
  to: Follower,
  { signal, err }: Streams,
): Promise<void> {
  let resourceVersion = from;
  let failures = 0;
  while (!signal.aborted) {
    try {
      if (resourceVersion === '') resourceVersion = await listAgain(asker, query, to);
      for await (const event of watchRows(asker, query, resourceVersion)) {
        resourceVersion = event.resourceVersion ?? resourceVersion;
        failures = 0;
        if (event.type !== 'BOOKMARK') to.page(event.page);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Refusal && error.status === 410) {
        const next = to.isMute ? 'what changed meanwhile is not shown' : 'everything again';
        err.write(`the server no longer knows what changed since: ${next}\n`);
        resourceVersion = '';
        continue;
      }
      if (error instanceof Refusal && error.status < 500 && error.status !== 429) throw error;
      // Of Node's own errors only those of connections have a code.
      if (!(error instanceof Failure) && !(error instanceof Error && 'code' in error)) throw error;
      const why = error instanceof Failure ? error.message : 'the connection was lost';
      if (failures === 0) err.write(`${why}; trying again\n`);
    }
    failures++;
    // One that ends in order is opened again at once; a server that is away is not hurried.
    const wait = failures === 1 ? 100 : Math.min(MAX_WAIT_MS, 500 * 2 ** Math.min(failures, 8));
    await Promise.race([delay(wait, undefined, { signal }).catch(() => undefined), aborted(signal)]);
  }
}

async function listAgain(asker: Asker, query: ListQuery, to: Follower): Promise<string> {
  const pages = listPages(asker, query);
  for (;;) {
    const { done, value } = await pages.next();
    if (done) return value;
    to.listed(value);
  }
}
