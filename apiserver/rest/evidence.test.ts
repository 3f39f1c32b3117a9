import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import { afterEach, describe, expect, test } from 'vitest';
import type { ResourceAttributes, UserInfo } from '../kube/access/types.ts';
import type { StoredEvidence, StoredIssue } from '../store/store.ts';
import { evidenceRoutes } from './evidence.ts';

const ISSUE = { id: 'id-1', namespace: 'shop', name: 'web-a' } as StoredIssue;
const EVIDENCE: StoredEvidence = {
  at: Date.UTC(2026, 10, 21, 7) * 1_000,
  observed: { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: 'run-1', uid: 'u' },
  evidence: { exitCode: 2, log: { lines: ['boom\u009b'] } },
};

let close: (() => void) | undefined;
afterEach(() => close?.());

/** What a caller with these rights is answered, and what was asked about the caller. */
async function get(id: string, rights: readonly string[], evidence: StoredEvidence | undefined = EVIDENCE, query = '') {
  const asked: object[] = [];
  const user: UserInfo = { name: 'ann', groups: ['system:authenticated'] };
  const app = new Koa();
  app.use((ctx, next) => {
    ctx.state.user = user;
    return next();
  });
  app.use(
    evidenceRoutes({
      store: { issuesById: async (ids) => (ids[0] === ISSUE.id ? [ISSUE] : []), evidence: async () => evidence },
      authorizer: {
        authorize: (_user, attributes) => {
          asked.push(attributes);
          const { resource, subresource } = attributes as ResourceAttributes;
          return { allowed: rights.includes([resource, subresource].filter(Boolean).join('/')) };
        },
      },
    }),
  );
  const server = app.listen(0, '127.0.0.1');
  close = () => server.close();
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/issues/${id}/evidence${query}`);
  return { status: answer.status, text: await answer.text(), asked };
}

describe('GET /api/v1/issues/:id/evidence', () => {
  test('answers what showed the issue, to who may get both', async () => {
    const { status, text, asked } = await get('id-1', ['issues', 'issues/evidence']);
    expect([status, JSON.parse(text)]).toEqual([
      200,
      { recordedAt: '2026-11-21T07:00:00Z', observed: EVIDENCE.observed, ...EVIDENCE.evidence },
    ]);
    expect(text).not.toContain('\u009b');
    expect(asked.at(-1)).toMatchObject({ verb: 'get', namespace: 'shop', name: 'web-a', subresource: 'evidence' });
  });

  test('of another moment than now is refused: newer evidence replaced what there was', async () => {
    const { status, text } = await get('id-1', ['issues', 'issues/evidence'], EVIDENCE, '?asOf=2h');
    expect([status, text]).toEqual([400, '{"error":"asOf: this is answered as it is now"}']);
  });

  test('is 403 for who may get the issue and not its evidence, and names the right', async () => {
    const { status, text } = await get('id-1', ['issues']);
    expect([status, JSON.parse(text).error]).toEqual([403, expect.stringContaining('issues/evidence')]);
    expect(text).not.toContain('boom');
  });

  test('is one and the same 404 for an issue that may not be seen, and for one that is not there', async () => {
    const [hidden, missing] = [
      await get('id-1', ['issues/evidence']),
      await get('id-2', ['issues', 'issues/evidence']),
    ];
    expect([hidden.status, hidden.text]).toEqual([404, missing.text]);
  });

  test('is 404 when there is none', async () => {
    const answer = await get('id-1', ['issues', 'issues/evidence'], null as never);
    expect([answer.status, answer.text]).toEqual([404, expect.stringContaining('no evidence')]);
  });
});
