import { join } from 'node:path';
import { expect, test } from 'vitest';
import { controllerContract, subjectOf, verdicts } from '../../../tests/controllers/contract.ts';
import { loadObjects } from '../../../tests/recorded/read.ts';
import controller from './index.ts';

const recorded = loadObjects(join(import.meta.dirname, 'fixtures'));

test('what it says of the recorded objects', async () => {
  expect(await verdicts(subjectOf(controller), recorded)).toMatchInlineSnapshot(`
    {
      "v1.apps": "healthy",
      "v1.example.com": "healthy, again in 90 s",
      "v1.new.example.com": "undecided: NoConditions",
      "v1beta1.metrics.k8s.io": "critical APIServiceUnavailable (available): The API v1beta1.metrics.k8s.io is not available",
    }
  `);
});

controllerContract(subjectOf(controller), recorded);
