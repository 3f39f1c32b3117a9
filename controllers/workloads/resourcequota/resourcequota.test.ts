import { join } from 'node:path';
import { expect, test } from 'vitest';
import { controllerContract, subjectOf, verdicts } from '../../../tests/controllers/contract.ts';
import { loadObjects } from '../../../tests/recorded/read.ts';
import controller from './index.ts';

const recorded = loadObjects(join(import.meta.dirname, 'fixtures'));

test('what it says of the recorded objects', async () => {
  expect(await verdicts(subjectOf(controller), recorded)).toMatchInlineSnapshot(`
    {
      "compute": [
        "minor QuotaNearLimit (quota/requests.cpu): requests.cpu of quota compute is used to more than 95 %",
        "major QuotaExhausted (quota/requests.memory): requests.memory of quota compute is used up",
      ],
      "healthy": "healthy",
      "new": "undecided: NotCounted",
    }
  `);
});

controllerContract(subjectOf(controller), recorded);
