import { join } from 'node:path';
import { expect, test } from 'vitest';
import { controllerContract, subjectOf, verdicts } from '../../../tests/controllers/contract.ts';
import { loadObjects } from '../../../tests/recorded/read.ts';
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
