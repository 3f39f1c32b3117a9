import Router from '@koa/router';
import type { Authorizer, UserInfo } from '../kube/access/types.ts';
import { evidenceStatus } from '../store/evidence-status.ts';
import type { Store } from '../store/store.ts';
import { answerJson } from './answer-json.ts';
import { RestError, requireNow } from './errors.ts';
import { mayOnIssues, requireOnIssues } from './listable-namespaces.ts';
import { type RestRoutes, restRoutes } from './routes.ts';

export interface EvidenceRoutesOptions {
  readonly store: Pick<Store, 'issuesById' | 'evidence'>;
  readonly authorizer: Authorizer;
}

/**
 * `GET /api/v1/issues/{id}/evidence`, also of issues that have left the list. 404 for who may not get the issue: ids tell
 * nothing; 403 for who may, and has not the right to its evidence.
 */
export function evidenceRoutes({ store, authorizer }: EvidenceRoutesOptions): RestRoutes {
  const router = new Router({ prefix: '/api/v1' });
  router.get('/issues/:id/evidence', async (ctx) => {
    requireNow(ctx.query);
    const user = ctx.state.user as UserInfo;
    const id = ctx.params.id as string;
    const [issue] = await store.issuesById([id]);
    const right = issue && ({ verb: 'get', namespace: issue.namespace, name: issue.name } as const);
    if (!right || !(await mayOnIssues(authorizer, user, right))) throw new RestError(404, 'there is no such issue');
    await requireOnIssues(authorizer, user, { ...right, subresource: 'evidence' });
    const evidence = await store.evidence(issue.id);
    if (!evidence) throw new RestError(404, 'there is no evidence of this issue: nobody has sent any');
    answerJson(ctx, evidenceStatus(evidence));
  });
  return restRoutes(router);
}
