import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

const given = new Set<number>();
/** Two test files at once take theirs from halves of their own: a port is free until whoever got it listens. */
const FIRST = 20_000 + (Number(process.env.VITEST_POOL_ID ?? 0) % 2) * 6_000;

/**
 * A loopback port that nobody listens on and that this process has not given out before. It lies below the
 * kernel's range for outgoing connections (32768 and up): a server that is stopped and started again on its port
 * would otherwise now and then find somebody's client there.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(FIRST, FIRST + 6_000);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
  throw new Error(`no free port between ${FIRST} and ${FIRST + 6_000} on 127.0.0.1 after 100 attempts`);
}

function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.once('error', () => resolve(false));
  server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  return promise;
}
