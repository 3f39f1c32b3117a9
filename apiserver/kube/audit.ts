import type { ServerResponse } from 'node:http';
import type { Admitted } from './filters.ts';
import { auditIdOf } from './request-body.ts';

/**
 * Who did what to which object, and how it ended: one record for each action that passed authorization (X9).
 * kube-apiserver audits the same request under the same id, but never the outcome that we decide.
 */
export interface AuditRecord {
  readonly auditId: string;
  readonly user: { readonly username: string; readonly uid?: string; readonly groups: readonly string[] };
  readonly verb: string;
  readonly objectRef: {
    readonly apiGroup: string;
    readonly apiVersion: string;
    readonly resource: string;
    readonly subresource: string;
    readonly namespace: string;
    readonly name: string;
  };
  readonly dryRun: boolean;
  /** Of the answer. */
  readonly code: number;
  /** Of a failure: `Conflict`. */
  readonly reason?: string;
}

export function auditRecord(
  { info, user }: Admitted,
  response: ServerResponse,
  outcome: { readonly code: number; readonly reason?: string },
): AuditRecord {
  const { verb, group, version, resource, subresource, namespace, name, query } = info;
  const { name: username, uid, groups } = user;
  return {
    auditId: auditIdOf(response) ?? '',
    user: { username, ...(uid !== undefined && { uid }), groups },
    verb,
    objectRef: { apiGroup: group, apiVersion: version, resource, subresource, namespace, name },
    dryRun: (query.get('dryRun') ?? '') !== '',
    ...outcome,
  };
}
