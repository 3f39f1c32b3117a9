import type { Context } from 'koa';
import { ISSUE_NAMES } from '../../../crds/issue.ts';
import { GROUP, VERSION } from '../../../crds/names.ts';
import type { AuditRecord } from '../../kube/index.ts';
import { KiteError } from './errors.ts';
import type { Asked } from './reader.ts';

export type Audit = (record: AuditRecord) => void;

/** What was done, in the words of the Kubernetes API. */
export interface AuditedAct {
  readonly namespace: string;
  readonly name: string;
  readonly verb: 'create' | 'delete';
  readonly subresource: '' | 'resolve' | 'related';
}

/** Tells `audit` how the act ended, whatever came out of it: one record for each that passed authorization. */
export async function audited<T>(
  audit: Audit | undefined,
  ctx: Context,
  { namespace, name, verb, subresource }: AuditedAct,
  act: () => Promise<T>,
): Promise<T> {
  const { user, auditId = '' } = ctx.state as { user: Asked['user']; auditId?: string };
  const tell = (code: number, reason?: string): void =>
    audit?.({
      auditId,
      user: { username: user.name, ...(user.uid !== undefined && { uid: user.uid }), groups: user.groups },
      verb,
      objectRef: { apiGroup: GROUP, apiVersion: VERSION, resource: ISSUE_NAMES.plural, subresource, namespace, name },
      dryRun: false,
      code,
      ...(reason !== undefined && { reason }),
    });
  try {
    const done = await act();
    tell(verb === 'create' ? 201 : 204);
    return done;
  } catch (error) {
    tell(error instanceof KiteError ? error.status : 500, error instanceof Error ? error.message : undefined);
    throw error;
  }
}
