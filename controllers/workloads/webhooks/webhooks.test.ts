import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { controllerContract, NOW, subjectOf, verdicts } from '../../../tests/controllers/contract.ts';
import { loadObjects, readOver } from '../../../tests/recorded/read.ts';
import type { ObjectLike, Read } from '../../index.ts';
import mutating from '../mutatingwebhookconfiguration/index.ts';
import validating from '../validatingwebhookconfiguration/index.ts';
import { webhookController } from './controller.ts';

const recorded = loadObjects(join(import.meta.dirname, 'fixtures'));

test('what they say of the recorded objects', async () => {
  // Seen before, long enough ago.
  await verdicts(subjectOf(validating, {}, NOW - 120_000), recorded);
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

test('absence says nothing of a recording', async () => {
  expect(await verdicts({ ...subjectOf(validating), live: false }, recorded)).toMatchObject({
    'left-behind': 'undecided: ServicesNotCovered',
    down: expect.stringContaining('no ready endpoint') as string,
  });
});

describe('a Service that does not read', () => {
  const leftBehind = recorded.find(({ metadata }) => metadata.name === 'left-behind') as ObjectLike;
  const look = (controller: typeof validating, at: number, covers: Read['covers'], objects = recorded) => {
    const { options } = subjectOf(controller);
    return controller.observe(leftBehind, { ...readOver(leftBehind, objects, at), covers }, options as never);
  };

  test('of a namespace that is left out says nothing, though others are seen', async () => {
    const controller = webhookController('ValidatingWebhookConfiguration');
    const covers: Read['covers'] = async (_, namespace) => namespace !== 'gone';
    for (const at of [NOW, NOW + 3_600_000]) {
      expect(await look(controller, at, covers)).toEqual({ undecided: 'ServicesNotCovered' });
    }
  });

  test('counts from when it was first seen to be missing, anew when it has come back', async () => {
    const controller = webhookController('ValidatingWebhookConfiguration');
    const all: Read['covers'] = async () => true;
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'webhook', namespace: 'gone' } };
    expect(await look(controller, NOW, all)).toEqual({ undecided: 'Held', again: 120_000 });
    await look(controller, NOW + 60_000, all, [...recorded, service]);
    expect(await look(controller, NOW + 120_000, all)).toEqual({ undecided: 'Held', again: 120_000 });
    expect(await look(controller, NOW + 240_000, all)).toMatchObject({ findings: [{ reason: 'WebhookUnreachable' }] });
  });
});

describe('of ValidatingWebhookConfigurations', () => controllerContract(subjectOf(validating), recorded));
describe('of MutatingWebhookConfigurations', () => controllerContract(subjectOf(mutating), recorded));
