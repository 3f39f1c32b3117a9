import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { kubeMetrics } from './kube-metrics.ts';

it('X11 feeds requests, open watches and their lag to the registry', async () => {
  const registry = new Registry();
  const metrics = kubeMetrics(registry);
  metrics.requestFinished({ verb: 'list', resource: 'issues', code: 200, seconds: 0.01 });
  metrics.watchStarted('issues');
  metrics.watchStarted('issues');
  metrics.watchEnded('issues', 'timeout');
  metrics.watchLag('issues', 3);
  const text = await registry.metrics();
  expect(text).toContain('faultline_api_request_duration_seconds_count{verb="list",resource="issues",code="200"} 1');
  expect(text).toContain('faultline_api_watches{resource="issues"} 1');
  expect(text).toContain('faultline_api_watches_ended_total{resource="issues",reason="timeout"} 1');
  expect(text).toContain('faultline_api_watch_lag_changes_sum{resource="issues"} 3');
});
