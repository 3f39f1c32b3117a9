import { join } from 'node:path';
import { expect, test } from 'vitest';
import { controllerContract, NOW, subjectOf, verdicts } from '../../../tests/controllers/contract.ts';
import { loadObjects } from '../../../tests/recorded/read.ts';
import type { ObjectLike } from '../../index.ts';
import { resourceQuotas } from './index.ts';

const recorded = loadObjects(join(import.meta.dirname, 'fixtures'));

test('what it says of the recorded objects', async () => {
  const controller = resourceQuotas();
  await verdicts(subjectOf(controller, {}, NOW - 300_000), recorded);
  expect(await verdicts(subjectOf(controller), recorded)).toMatchInlineSnapshot(`
    {
      "compute": [
        "minor QuotaNearLimit (quota/requests.cpu): requests.cpu of quota compute is used to more than 95 %",
        "major QuotaExhausted (quota/requests.memory): requests.memory of quota compute is used up",
      ],
      "healthy": "healthy",
      "new": "undecided: NotCounted",
      "objects": [
        "info ObjectCountReached (quota/services.loadbalancers): services.loadbalancers of quota objects is used up",
        "info ObjectCountReached (quota/count/jobs.batch): count/jobs.batch of quota objects is used up",
      ],
    }
  `);
});

test('use must last before it is told, and fall by a margin before it is over', async () => {
  const controller = resourceQuotas();
  const minute = 60_000;
  const said = async (minutes: number, used: number, live = true) => {
    const status = { hard: { 'requests.cpu': '100' }, used: { 'requests.cpu': String(used) } };
    const quota = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'q', namespace: 'n', uid: 'u' },
      status,
    };
    const subject = { ...subjectOf(controller, {}, NOW + minutes * minute), live };
    return String((await verdicts(subject, [quota as ObjectLike])).q).split(' (')[0];
  };
  expect(await said(0, 92)).toBe('undecided: Held');
  expect(await said(1, 88)).toMatch(/^healthy/);
  expect(await said(2, 92)).toBe('undecided: Held');
  expect(await said(6, 92)).toBe('undecided: Held');
  expect(await said(7, 91)).toBe('minor QuotaNearLimit');
  expect(await said(8, 86)).toBe('minor QuotaNearLimit');
  expect(await said(9, 100)).toBe('minor QuotaNearLimit');
  expect(await said(14, 100)).toBe('major QuotaExhausted');
  expect(await said(15, 84)).toMatch(/^healthy/);
  expect(await said(16, 88)).toMatch(/^healthy/);
  expect(await said(17, 100, false)).toBe('major QuotaExhausted');
});

controllerContract(subjectOf(resourceQuotas()), recorded);
