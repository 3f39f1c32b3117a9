import { join } from 'node:path';
import { expect, test } from 'vitest';
import { controllerContract, NOW, subjectOf, verdicts } from '../../../tests/controllers/contract.ts';
import { loadObjects } from '../../../tests/recorded/read.ts';
import type { ObjectLike } from '../../index.ts';
import { horizontalPodAutoscalers } from './index.ts';

const recorded = loadObjects(join(import.meta.dirname, 'fixtures'));

test('what it says of the recorded objects', async () => {
  const controller = horizontalPodAutoscalers();
  await verdicts(subjectOf(controller, {}, NOW - 900_000), recorded);
  expect(await verdicts(subjectOf(controller), recorded)).toMatchInlineSnapshot(`
    {
      "at-maximum": "minor AtMaximum (limit): HorizontalPodAutoscaler at-maximum is at its maximum of 10 replicas and wants more",
      "healthy": "healthy",
      "no-metrics": "major NoMetrics (metrics): HorizontalPodAutoscaler no-metrics has no metrics",
      "no-target": "major CannotScale (scale): HorizontalPodAutoscaler no-target cannot scale its target",
      "starting": "healthy, again in 480 s",
      "switched-off": "healthy",
    }
  `);
});

test('it is at its maximum from when the reason became that: the condition was true before', async () => {
  const controller = horizontalPodAutoscalers();
  const said = async (after: number, text = JSON.stringify(recorded)) =>
    (await verdicts(subjectOf(controller, {}, NOW + after), JSON.parse(text) as ObjectLike[]))['at-maximum'];
  const otherwise = JSON.stringify(recorded).replaceAll('TooManyReplicas', 'TooFewReplicas');
  expect(await said(0, otherwise)).toBe('healthy');
  expect(await said(60_000)).toBe('undecided: Held');
  expect(await said(120_000, otherwise)).toBe('healthy');
  expect(await said(180_000)).toBe('undecided: Held');
  expect(await said(1_079_000)).toBe('undecided: Held');
  expect(await said(1_080_000)).toContain('AtMaximum');
});

controllerContract(subjectOf(horizontalPodAutoscalers()), recorded);
