import { join } from 'node:path';
import { expect, test } from 'vitest';
import { controllerContract, subjectOf, verdicts } from '../../../tests/controllers/contract.ts';
import { loadObjects } from '../../../tests/recorded/read.ts';
import { expectDeterministic, expectTotal, loadFixture, observeFixture } from '../../testing/index.ts';
import controller from './index.ts';

const recorded = loadObjects(join(import.meta.dirname, 'fixtures'));

test('what it says of the recorded objects', async () => {
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

controllerContract(subjectOf(controller), recorded);

test('the test kit of plugin authors finds nothing in it: through the caches, half filled, and in any order', async () => {
  const objects = await loadFixture(join(import.meta.dirname, 'fixtures'));
  const setup = { now: '2026-11-21T00:00:00Z' };
  const looks = await observeFixture(controller, objects, setup);
  expect(
    looks.flatMap(({ reports }) => reports).flatMap(({ body }) => ('findings' in body ? body.findings : [])),
  ).toHaveLength(6);
  expect(await expectTotal(controller, objects, { ...setup, cases: 100 })).toBe(110);
  await expectDeterministic(controller, objects, setup);
});
