import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { healthMetrics } from './health-metrics.ts';

test('each check is 1 or 0 as of now, and one that fails is 0', async () => {
  const registry = new Registry();
  let away = false;
  healthMetrics(registry, [
    { name: 'db', healthy: () => (away ? Promise.reject(new Error('away')) : true) },
    { name: 'feed', healthy: () => false },
  ]);
  expect(await registry.metrics()).toContain(
    'faultline_health_check{check="db"} 1\nfaultline_health_check{check="feed"} 0',
  );
  away = true;
  expect(await registry.metrics()).toContain('faultline_health_check{check="db"} 0');
});
