import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { processMetrics } from '../cli/process-metrics.ts';
import { electionMetrics } from '../controllers/runtime/index.ts';
import { createRuntimeMetrics } from '../controllers/runtime/metrics.ts';

/** docs/observe.md and the metrics that there are: neither may lack what the other has. */
const root = join(import.meta.dirname, '..');
const page = readFileSync(join(root, 'docs/observe.md'), 'utf8');
const [metrics = ''] = page.split('\n## Logs\n');
const rows = [...metrics.matchAll(/^\| `([a-z_]+)(?:\{([a-z, ]+)\})?` \|/gm)].map(([, name = '', labels = '']) => ({
  name,
  labels: labels.split(', ').filter(Boolean),
}));

test('the page names every metric in the sources, and no other', () => {
  const sources = globSync('{apiserver,controllers,cli}/**/*.ts', { cwd: root })
    .filter((file) => !/\.test\.ts$|\/testing\/|apiserver\/store\//.test(file))
    .map((file) => readFileSync(join(root, file), 'utf8'));
  const PREFIX = '(?:faultline|controller_runtime|workqueue|rest_client|leader_election|process|nodejs)_[a-z_]+';
  const declared = new RegExp(`(?:name: |(?:counter|gauge|histogram)\\(\\s*(?:[A-Z_]+,\\s*)?)'(${PREFIX})'`, 'g');
  const names = new Set(sources.flatMap((text) => [...text.matchAll(declared)].map(([, name]) => name)));
  expect(names.size).toBeGreaterThan(40);
  expect(rows.map(({ name }) => name).sort()).toEqual([...names].sort());
});

test('the page names the labels of what the controllers tell', async () => {
  const registry = new Registry();
  createRuntimeMetrics(registry);
  electionMetrics(registry);
  processMetrics(registry);
  for (const { name } of await registry.getMetricsAsJSON()) {
    const { labelNames } = registry.getSingleMetric(name) as unknown as { labelNames: string[] };
    expect({ name, labels: rows.find((row) => row.name === name)?.labels }).toEqual({ name, labels: [...labelNames] });
  }
});
