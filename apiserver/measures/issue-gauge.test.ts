import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { issueGauge } from './issue-gauge.ts';
import type { IssueCount } from './issue-tally.ts';

const count = (namespace: string, type: string, active: number, severity = 'major'): IssueCount => ({
  ...{ namespace, type, active, severity },
});

async function series(counts: readonly IssueCount[], maxNamespaces: number): Promise<string[]> {
  const registry = new Registry();
  issueGauge(registry, () => counts, { maxNamespaces });
  await registry.metrics();
  const text = await registry.metrics();
  return text.split('\n').filter((line) => line.startsWith('faultline_issues'));
}

test('tells each namespace, severity and type, and at a second reading no more', async () => {
  expect(await series([count('shop', 'build', 2), count('bank', 'test', 1, 'critical')], 10)).toEqual([
    'faultline_issues{namespace="shop",severity="major",type="build"} 2',
    'faultline_issues{namespace="bank",severity="critical",type="test"} 1',
  ]);
});

test('namespaces beyond the cap, the last by name, are counted together', async () => {
  expect(await series([count('c', 'build', 1), count('a', 'build', 2), count('b', 'build', 4)], 1)).toEqual([
    'faultline_issues{namespace="_other",severity="major",type="build"} 5',
    'faultline_issues{namespace="a",severity="major",type="build"} 2',
  ]);
});

test('without the label namespace all namespaces are counted together', async () => {
  expect(await series([count('a', 'build', 2), count('b', 'build', 4)], 0)).toEqual([
    'faultline_issues{severity="major",type="build"} 6',
  ]);
});

test('type is open text: only so many that are not well known have series of their own', async () => {
  const made = Array.from({ length: 50 }, (_, index) => count('a', `t${String(index).padStart(2, '0')}`, 1));
  const lines = await series([count('a', 'workload', 1), ...made], 10);
  expect(lines.length).toBe(1 + 20 + 1);
  expect(lines).toContain('faultline_issues{namespace="a",severity="major",type="workload"} 1');
  expect(lines).toContain('faultline_issues{namespace="a",severity="major",type="_other"} 30');
});
