/** The watches and the changes: a process of its own, forked by {@link fanOut}. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'undici';
import { percentile } from '../harness/statistics.ts';
import type { Target } from '../load/connection.ts';
import type { Change, FanOut, Plan, Reply } from './messages.ts';
import { Watcher } from './watcher.ts';

/** Connections that are opened at once: each is a TLS handshake. */
const OPENING = 16;
/** How long the last events may take. */
const PATIENCE_MS = 5_000;

process.once('message', async (plan: Plan) => {
  try {
    reply({ did: 'run', ...(await run(plan)) });
  } catch (error) {
    reply({ did: 'fail', message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});

async function run({ watch, path, watchers, write, changes, everyMs }: Plan): Promise<FanOut> {
  const sent = new Map<number, number>();
  const latencies: number[] = [];
  const seen = (number: number): void => {
    const at = sent.get(number);
    if (at !== undefined) latencies.push(performance.now() - at);
  };
  const open: Watcher[] = [];
  const opener = async (): Promise<void> => {
    while (open.length < watchers) {
      const place = open.push(undefined as unknown as Watcher) - 1;
      open[place] = await Watcher.open(watch, path, seen);
    }
  };
  await Promise.all(Array.from({ length: OPENING }, opener));
  const writer = clientOf(write);
  const begun = performance.now();
  for (const [index, change] of changes.entries()) {
    await sleep(Math.max(0, begun + index * everyMs - performance.now()));
    sent.set(change.number, performance.now());
    await make(change, writer, write);
  }
  const wanted = watchers * changes.length;
  for (let waited = 0; latencies.length < wanted && waited < PATIENCE_MS; waited += 50) await sleep(50);
  for (const watcher of open) watcher.close();
  await writer.close();
  if (latencies.length === 0) throw new Error('no event of any change arrived');
  const at = (percent: number): number => percentile(latencies, percent);
  return { p50Ms: at(50), p99Ms: at(99), maxMs: at(100), events: latencies.length };
}

function clientOf({ host, port, caPem, credentials }: Target): Client {
  const certificate = 'token' in credentials ? {} : { cert: credentials.certificatePem, key: credentials.keyPem };
  return new Client(`https://${host}:${port}`, { connect: { ca: caPem, servername: 'localhost', ...certificate } });
}

async function make({ method, path, contentType, body }: Change, writer: Client, { credentials }: Target) {
  const authorization = 'token' in credentials ? { authorization: `Bearer ${credentials.token}` } : {};
  const headers = { 'content-type': contentType, ...authorization };
  const answer = await writer.request({ method, path, headers, body });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`change: ${answer.statusCode} ${text}`);
}

function reply(message: Reply): void {
  process.send?.(message);
}
