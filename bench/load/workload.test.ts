import { expect, test } from 'vitest';
import { reportsOf } from './plan.ts';
import { Workload } from './workload.ts';

test('mixed work is half new and half known subjects, none twice, and its times rise', () => {
  let now = Date.UTC(2026, 0, 1);
  const workload = new Workload(['a', 'b'], () => (now += 1_000));
  const seen = new Map<string, string>();
  const take = (plans: ReturnType<Workload['mixed']>['plans']) => plans.flatMap((plan) => [...reportsOf(plan)]);
  for (const report of take(workload.fresh(100, 10).plans)) seen.set(report.subject.name, completedAt(report));
  for (let round = 0; round < 5; round++) {
    const reports = take(workload.mixed(60, 1).plans);
    const names = reports.map(({ subject }) => subject.name);
    expect(new Set(names).size).toBe(60);
    expect(names.filter((name) => seen.has(name))).toHaveLength(30);
    for (const report of reports) {
      expect(completedAt(report) > (seen.get(report.subject.name) ?? '')).toBe(true);
      seen.set(report.subject.name, completedAt(report));
    }
  }
  expect(workload.subjects).toBe(seen.size);
  expect(workload.reports).toBe(100 + 5 * 60);
});

function completedAt(report: { order: { class: string; completedAt?: string } }): string {
  return report.order.completedAt ?? '';
}
