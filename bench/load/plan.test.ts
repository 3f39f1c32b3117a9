import { expect, test } from 'vitest';
import { reportSchema } from '../../crds/report.ts';
import { type ReportPlan, reportsOf } from './plan.ts';

const plan: ReportPlan = { namespaces: ['a', 'b'], first: 0, count: 500, completedAt: Date.UTC(2026, 0, 1), pass: 0 };

test('every report is valid and of a realistic size', () => {
  for (const report of reportsOf(plan)) {
    expect(reportSchema.validate(report).error).toBeUndefined();
    expect(JSON.stringify(report).length).toBeGreaterThan(1_400);
    expect(JSON.stringify(report).length).toBeLessThan(3_000);
  }
});

test('subjects are distinct, and a later pass is about the same subjects with other content and other runs', () => {
  const first = [...reportsOf(plan)];
  const later = [...reportsOf({ ...plan, pass: 1 })];
  expect(new Set(first.map(({ subject }) => subject.name)).size).toBe(500);
  expect(new Set(first.map(({ observed }) => observed?.uid)).size).toBe(500);
  expect(later.map(({ subject }) => subject)).toEqual(first.map(({ subject }) => subject));
  for (const [index, report] of later.entries()) {
    expect(report.observed?.uid).not.toBe(first[index]?.observed?.uid);
    expect(report.body).not.toEqual(first[index]?.body);
  }
});
