import { describe, expect, it } from 'vitest';
import * as status from './status.ts';

const issues = { group: 'faultline.dev', resource: 'issues' };

describe('Status errors', () => {
  it('E1 E2 every reason is a Status whose code is the HTTP code', () => {
    for (const [reason, code] of Object.entries(status.HTTP_CODES)) {
      const error = new status.ApiError(reason as status.Reason, 'why');
      expect(error.toStatus()).toEqual({
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: 'why',
        reason,
        code,
      });
    }
  });

  it('E3 an object that does not exist names the plural resource as its kind', () => {
    const { message, details } = status.notFound(issues, 'x').toStatus();
    expect(message).toBe('issues.faultline.dev "x" not found');
    expect(details).toEqual({ name: 'x', group: 'faultline.dev', kind: 'issues' });
  });

  it('E3 an unknown path is worded as the API server words it', () => {
    expect(status.unknownPath().message).toBe('the server could not find the requested resource');
  });

  it('A14 a denied request for one object names object, user, verb, group and namespace', () => {
    const denied = { user: 'u', verb: 'get', ...issues, namespace: 'n', name: 'x' };
    const { message, details } = status.forbidden(denied).toStatus();
    expect(message).toBe(
      'issues.faultline.dev "x" is forbidden: User "u" cannot get resource "issues" in API group "faultline.dev" in the namespace "n"',
    );
    expect(details).toEqual({ group: 'faultline.dev', kind: 'issues', name: 'x' });
  });

  it('A14 all namespaces are the cluster scope, and the reason of the authorizer follows', () => {
    const denied = { user: 'u', verb: 'list', ...issues };
    expect(status.forbidden(denied, 'no RBAC policy matched').message).toBe(
      'issues.faultline.dev is forbidden: User "u" cannot list resource "issues" in API group "faultline.dev" at the cluster scope: no RBAC policy matched',
    );
  });

  it('A14 a subresource and a path have their own wording', () => {
    const denied = { user: 'u', verb: 'create', ...issues, subresource: 'resolve', namespace: 'n', name: 'x' };
    expect(status.forbidden(denied).message).toContain('cannot create resource "issues/resolve" in API group');
    expect(status.forbidden({ user: 'u', verb: 'get', path: '/metrics' }).message).toBe(
      'forbidden: User "u" cannot get path "/metrics"',
    );
  });

  it('E5 what may be retried says after how many seconds', () => {
    for (const error of [status.tooManyRequests('busy', 2), status.serviceUnavailable('database away', 2)]) {
      expect(error.details?.retryAfterSeconds).toBe(2);
    }
  });

  it('E6 an invalid object lists every fault with its field and names the Kind', () => {
    const error = status.invalid({ group: 'faultline.dev', kind: 'Issue' }, 'x', [
      { reason: 'FieldValueRequired', field: 'spec.key', message: 'say which' },
      { reason: 'FieldValueForbidden', field: 'spec.extra', message: 'not here' },
    ]);
    expect(error.message).toBe(
      'Issue.faultline.dev "x" is invalid: [spec.key: Required value: say which, spec.extra: Forbidden: not here]',
    );
    expect(error.details).toMatchObject({ group: 'faultline.dev', kind: 'Issue', name: 'x' });
    expect(error.details?.causes).toHaveLength(2);
  });

  it('L12 a resourceVersion of the future says so in its cause', () => {
    const { code, details } = status.tooLargeResourceVersion(9, 5).toStatus();
    expect(code).toBe(504);
    expect(details?.causes?.[0]?.reason).toBe('ResourceVersionTooLarge');
    expect(details?.retryAfterSeconds).toBe(1);
  });
});
