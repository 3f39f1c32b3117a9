import { expect, test } from 'vitest';
import { reportSchema } from '../../crds/report.ts';
import { faultsOf, summary } from './input.ts';
import { report } from './testing/world.ts';

test('paths and messages of faults quote nothing that acts on a terminal', () => {
  const hostile = 'Bad\u009b31m\u202e\u0007reason';
  const finding = { key: 'run', type: 'build', severity: 'major', reason: hostile, title: 'x', [hostile]: 1 };
  const body = { complete: true, findings: [finding] };
  const faults = faultsOf(reportSchema, { ...report({ class: 'received' }, body as never), [hostile]: 1 });
  expect(faults.length).toBeGreaterThanOrEqual(3);
  expect(summary(faults)).not.toMatch(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u);
  expect(summary(faults)).toContain('\\u009b31m\\u202e\\u0007reason');
});
