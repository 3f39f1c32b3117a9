import pg from 'pg';
import { CHANNEL } from './commit-sql.ts';
import { pause } from './pause.ts';
import { connectionTo, type DatabaseUrl } from './postgresql.ts';
import type { Listen } from './wake-ups.ts';

/** While PostgreSQL is away the poll serves; trying again every second costs nothing. */
const RETRY_MS = 1_000;

/** LISTEN on a connection of its own, opened again when it breaks. What `self` wrote is no news. */
export function postgresListen(url: DatabaseUrl, self: string): Listen {
  return (onNotify) => {
    const stopping = new AbortController();
    const done = keepListening({ url, self }, onNotify, stopping.signal);
    return {
      async stop() {
        stopping.abort();
        await done;
      },
    };
  };
}

interface Listener {
  readonly url: DatabaseUrl;
  readonly self: string;
}

async function keepListening(listener: Listener, onNotify: () => void, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await listenOnce(listener, onNotify, signal).catch(() => {});
    if (!signal.aborted) await pause(RETRY_MS, signal);
  }
}

/** Until the connection breaks or `signal` fires. */
async function listenOnce({ url, self }: Listener, onNotify: () => void, signal: AbortSignal): Promise<void> {
  const client = new pg.Client(await connectionTo(url));
  const { promise: broken, resolve: end } = Promise.withResolvers<void>();
  client.on('error', () => end());
  client.on('end', () => end());
  client.on('notification', ({ payload }) => {
    if (payload !== self) onNotify();
  });
  const stop = (): void => end();
  signal.addEventListener('abort', stop, { once: true });
  try {
    await client.connect();
    await client.query(`LISTEN ${CHANNEL}`);
    // What happened while nobody listened.
    onNotify();
    await broken;
  } finally {
    signal.removeEventListener('abort', stop);
    await client.end().catch(() => {});
  }
}
