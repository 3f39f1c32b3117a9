import { join } from 'node:path';
import { expect, test } from 'vitest';
import { controllerContract, subjectOf, verdicts } from '../../../tests/controllers/contract.ts';
import { loadObjects } from '../../../tests/recorded/read.ts';
import controller from './index.ts';

const recorded = loadObjects(join(import.meta.dirname, 'fixtures'));

test('what it says of the recorded objects', async () => {
  expect(await verdicts(subjectOf(controller), recorded)).toMatchInlineSnapshot(`
    {
      "going": "healthy, again in 540 s",
      "healthy": "healthy",
      "stuck": "major StuckTerminating (termination): Namespace stuck does not terminate",
    }
  `);
});

controllerContract(subjectOf(controller), recorded);
