import { join } from 'node:path';
import { expect, test } from 'vitest';
import { controllerContract, NOW, subjectOf, verdicts } from '../../../tests/controllers/contract.ts';
import { loadObjects } from '../../../tests/recorded/read.ts';
import { expectDeterministic, expectTotal, loadFixture, observeFixture } from '../../testing/index.ts';
import { persistentVolumeClaims } from './index.ts';

const recorded = loadObjects(join(import.meta.dirname, 'fixtures'));

test('what it says of the recorded objects', async () => {
  const controller = persistentVolumeClaims();
  await verdicts(subjectOf(controller, {}, NOW - 300_000), recorded);
  expect(await verdicts(subjectOf(controller), recorded)).toMatchInlineSnapshot(`
    {
      "bound": "healthy",
      "just-made": "healthy, again in 240 s",
      "lost": "critical VolumeLost (volume): PersistentVolumeClaim lost has lost its volume",
      "no-class": "major VolumePending (volume): PersistentVolumeClaim no-class gets no volume",
      "pending": "major VolumePending (volume): PersistentVolumeClaim pending gets no volume",
      "too-large": "major ResizeFailed (resize): PersistentVolumeClaim too-large could not be made larger",
      "waits-for-pod": "healthy",
      "waits-on-node": "major VolumePending (volume): PersistentVolumeClaim waits-on-node gets no volume",
      "wrong-class": "major StorageClassMissing (volume): PersistentVolumeClaim wrong-class names the StorageClass fats, which does not exist",
    }
  `);
});

test('that waits for its first Pod counts from when a node was first seen to be selected', async () => {
  const controller = persistentVolumeClaims();
  const said = async (after: number, objects = recorded) =>
    (await verdicts(subjectOf(controller, {}, NOW + after), objects))['waits-on-node'];
  expect(await said(0)).toBe('undecided: Held');
  expect(await said(299_000)).toBe('undecided: Held');
  expect(await said(300_000)).toContain('VolumePending');
});

controllerContract(subjectOf(persistentVolumeClaims()), recorded);

test('the test kit of plugin authors finds nothing in it: through the caches, half filled, and in any order', async () => {
  const objects = await loadFixture(join(import.meta.dirname, 'fixtures'));
  const controller = persistentVolumeClaims();
  const setup = { now: '2026-11-21T00:00:00Z' };
  const looks = await observeFixture(controller, objects, setup);
  expect(
    looks.flatMap(({ reports }) => reports).flatMap(({ body }) => ('findings' in body ? body.findings : [])),
  ).toHaveLength(5);
  expect(await expectTotal(controller, objects, { ...setup, cases: 100 })).toBe(110);
  await expectDeterministic(controller, objects, setup);
});
