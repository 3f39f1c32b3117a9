import type { Context } from 'koa';
import { expect, test } from 'vitest';
import type { AuditRecord } from '../../kube/index.ts';
import { audited } from './audit.ts';
import { KiteError } from './errors.ts';

const ctx = { state: { user: { name: 'jane', groups: ['web'] }, auditId: 'id-1' } } as unknown as Context;
const act = { namespace: 'shop', name: 'a', verb: 'create', subresource: 'resolve' } as const;

test('who did what to which issue, and how it ended, is one record', async () => {
  const records: AuditRecord[] = [];
  const tell = (record: AuditRecord): void => void records.push(record);
  expect(await audited(tell, ctx, act, async () => 7)).toBe(7);
  await audited(tell, ctx, { ...act, verb: 'delete', subresource: '' }, async () => undefined);
  expect(records).toEqual([
    {
      auditId: 'id-1',
      user: { username: 'jane', groups: ['web'] },
      verb: 'create',
      objectRef: {
        ...{ apiGroup: 'faultline.dev', apiVersion: 'v1alpha1', resource: 'issues', subresource: 'resolve' },
        ...{ namespace: 'shop', name: 'a' },
      },
      dryRun: false,
      code: 201,
    },
    expect.objectContaining({ verb: 'delete', code: 204 }),
  ]);
});

test('what was refused, or failed, is told too, and thrown on', async () => {
  const records: AuditRecord[] = [];
  const tell = (record: AuditRecord): void => void records.push(record);
  const fail = (error: Error) => audited(tell, ctx, act, () => Promise.reject(error));
  await expect(fail(new KiteError(409, 'it is resolved'))).rejects.toThrow('it is resolved');
  await expect(fail(new Error('away'))).rejects.toThrow('away');
  expect(records.map(({ code, reason }) => [code, reason])).toEqual([
    [409, 'it is resolved'],
    [500, 'away'],
  ]);
});
