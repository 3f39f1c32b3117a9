import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { controllerContract, subjectOf, verdicts } from '../../../tests/controllers/contract.ts';
import { loadObjects } from '../../../tests/recorded/read.ts';
import mutating from '../mutatingwebhookconfiguration/index.ts';
import validating from '../validatingwebhookconfiguration/index.ts';

const recorded = loadObjects(join(import.meta.dirname, 'fixtures'));

test('what they say of the recorded objects', async () => {
  expect({
    ...(await verdicts(subjectOf(validating), recorded)),
    ...(await verdicts(subjectOf(mutating), recorded)),
  }).toMatchInlineSnapshot(`
    {
      "by-url": "healthy",
      "down": "critical WebhookUnreachable (service/policies/broken): ValidatingWebhookConfiguration down: Service policies/broken has no ready endpoint",
      "healthy": "healthy",
      "left-behind": "critical WebhookUnreachable (service/gone/webhook): ValidatingWebhookConfiguration left-behind: Service gone/webhook does not exist",
      "restarts": "healthy, again in 90 s",
      "sidecars": "minor WebhookSkipped (service/policies/broken): MutatingWebhookConfiguration sidecars: Service policies/broken has no ready endpoint",
    }
  `);
});

test('absence says nothing where Services are not seen, or of a recording', async () => {
  const without = recorded.filter(({ metadata }) => metadata.name !== 'kubernetes');
  for (const said of [
    await verdicts(subjectOf(validating), without),
    await verdicts({ ...subjectOf(validating), live: false }, recorded),
  ]) {
    expect(said).toMatchObject({
      'left-behind': 'healthy',
      down: expect.stringContaining('no ready endpoint') as string,
    });
  }
});

describe('of ValidatingWebhookConfigurations', () => controllerContract(subjectOf(validating), recorded));
describe('of MutatingWebhookConfigurations', () => controllerContract(subjectOf(mutating), recorded));
