import { Counter, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { createLog } from '../log.ts';
import { freePort } from '../testing/free-port.ts';
import { recordedOutput } from '../testing/recorded-streams.ts';
import { serveMetrics } from './metrics-listener.ts';

it('serves metrics that were just measured, life and readiness, and nothing else', async () => {
  const registry = new Registry();
  const counter = new Counter({ name: 'looks_total', help: 'Looks.', registers: [registry] });
  let isReady = false;
  const address = { host: '127.0.0.1', port: await freePort() };
  const log = createLog({ level: 'silent', format: 'json' }, recordedOutput(), {});
  const options = {
    address,
    registry,
    measure: () => counter.inc(),
    ready: () => [{ name: 'first-lists', fault: isReady ? undefined : 'not yet' }],
    log,
  };
  await using _ = await serveMetrics(options);
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${address.port}${path}`);
    return { status: response.status, text: await response.text() };
  };
  expect((await get('/metrics')).text).toContain('looks_total 1');
  expect(await get('/livez')).toEqual({ status: 200, text: 'ok' });
  expect(await get('/readyz')).toEqual({
    status: 500,
    text: '[+]ping ok\n[-]first-lists failed: not yet\nreadyz check failed\n',
  });
  isReady = true;
  expect((await get('/readyz?verbose')).status).toBe(200);
  expect((await get('/debug')).status).toBe(404);
  await expect(serveMetrics(options)).rejects.toThrow(
    /^127\.0\.0\.1:\d+ is taken by another process: .*--metrics-listen/,
  );
});
