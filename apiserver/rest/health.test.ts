import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type HealthCheck, healthEndpoints } from './health.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function get(path: string, ready: readonly HealthCheck[], live: readonly HealthCheck[] = []) {
  const app = new Koa();
  app.use(healthEndpoints({ live, ready }));
  const server = app.listen(0, '127.0.0.1');
  closing.push(() => server.close());
  await vi.waitFor(() => expect(server.listening).toBe(true));
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
  return { status: response.status, text: await response.text() };
}

const good: HealthCheck = { name: 'good', healthy: () => true };
const bad: HealthCheck = { name: 'bad', healthy: () => Promise.reject(new Error('the password is wrong')) };
const database: HealthCheck = { name: 'db', healthy: () => false, decides: false };

describe('X1 /readyz', () => {
  it('says ok and no more while everything is', async () => {
    expect(await get('/readyz', [good])).toEqual({ status: 200, text: 'ok' });
  });

  it('lists the checks when one fails, without its reason', async () => {
    expect(await get('/readyz', [good, bad])).toEqual({
      status: 500,
      text: '[+]ping ok\n[+]good ok\n[-]bad failed: reason withheld\nreadyz check failed\n',
    });
  });

  it('lists them on request', async () => {
    expect((await get('/readyz?verbose', [good])).text).toBe('[+]ping ok\n[+]good ok\nreadyz check passed\n');
  });

  it('leaves out what is excluded, and says what it cannot exclude', async () => {
    expect(await get('/readyz?verbose&exclude=bad&exclude=other', [good, bad])).toEqual({
      status: 200,
      text: '[+]ping ok\n[+]good ok\n[+]bad excluded: ok\nwarn: some health checks cannot be excluded: no matches for "other"\nreadyz check passed\n',
    });
  });

  it('answers for one check alone', async () => {
    expect((await get('/readyz/good', [good, bad])).status).toBe(200);
    expect((await get('/readyz/bad', [good, bad])).status).toBe(500);
    expect((await get('/readyz/unknown', [good, bad])).status).toBe(404);
  });

  it('reports a check that does not decide, and fails on its own path', async () => {
    expect((await get('/readyz', [good, database])).status).toBe(200);
    expect((await get('/readyz/db', [good, database])).status).toBe(500);
  });

  it('takes a check that hangs for failed', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    const asked = Promise.withResolvers<void>();
    const hanging: HealthCheck = {
      name: 'slow',
      healthy: () => {
        asked.resolve();
        return new Promise(() => undefined);
      },
    };
    try {
      const answer = get('/readyz/slow', [hanging]);
      while ((await Promise.race([asked.promise.then(() => 'asked'), new Promise(setImmediate)])) !== 'asked') {
        vi.advanceTimersByTime(50);
      }
      await vi.advanceTimersByTimeAsync(2000);
      expect((await answer).status).toBe(500);
    } finally {
      vi.useRealTimers();
    }
  });
});

it('X1 /livez and /healthz do not depend on what readiness does', async () => {
  expect((await get('/livez', [bad], [good])).status).toBe(200);
  expect((await get('/healthz?verbose', [bad], [good])).text).toBe('[+]ping ok\n[+]good ok\nhealthz check passed\n');
});
