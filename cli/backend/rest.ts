import type { Explanations } from '../../apiserver/explanations/index.ts';
import type { Engine } from '../../apiserver/ingest/index.ts';
import type { Authorizer } from '../../apiserver/kube/access/index.ts';
import { docsEndpoints } from '../../apiserver/rest/docs.ts';
import { evidenceRoutes } from '../../apiserver/rest/evidence.ts';
import { explanationRoutes } from '../../apiserver/rest/explanations.ts';
import { groupRoutes } from '../../apiserver/rest/groups.ts';
import { issueRoutes } from '../../apiserver/rest/issue-routes.ts';
import { type KiteOptions, kiteRoutes } from '../../apiserver/rest/kite/index.ts';
import { listableNamespaces } from '../../apiserver/rest/listable-namespaces.ts';
import { pastIssuesRoutes } from '../../apiserver/rest/past.ts';
import { reportAccess } from '../../apiserver/rest/report-access.ts';
import { reportRoutes } from '../../apiserver/rest/reports.ts';
import type { RestRoutes } from '../../apiserver/rest/routes.ts';
import { searchRoutes } from '../../apiserver/rest/search.ts';
import { statisticsRoutes } from '../../apiserver/rest/statistics.ts';
import type { ServerOptions } from '../../apiserver/server.ts';
import type { PastIssues } from '../../apiserver/store/past.ts';
import type { IssueSearch } from '../../apiserver/store/search.ts';
import type { IssueStatistics } from '../../apiserver/store/statistics.ts';
import type { Store } from '../../apiserver/store/store.ts';
import { ISSUE_GROUP_NAMES, type IssueGroup } from '../../crds/issue-group.ts';
import type { Tracer } from '../../tracing/tracer.ts';
import { packageVersion } from '../package-info.ts';
import type { ConnectingStore } from './connecting-store.ts';

export interface RestOptions extends KiteOptions {
  readonly engine: Engine;
  readonly explanations: Explanations;
  readonly tracer?: Tracer | undefined;
  readonly store: IssueSearch &
    IssueStatistics &
    PastIssues &
    Store &
    Pick<ConnectingStore, 'groupIndex' | 'resourceLog'>;
  readonly authorizer: Authorizer;
  /** Whether an index is kept: the feature TextSearch. */
  readonly textSearch: boolean;
  /** ms. */
  readonly retention: number;
  readonly resolvedVisibleFor: number;
}

/** All of `/api/v1`. Each has its operations in apiserver/rest/openapi/operations.ts; a test compares. */
export function restRoutes(options: RestOptions): RestRoutes[] {
  const { engine, explanations, tracer, store, authorizer, retention } = options;
  const now = Date.now;
  const asking = { authorizer, namespaces: () => store.namespaces(), now };
  const listable = listableNamespaces(asking);
  const readable = listableNamespaces({ ...asking, right: { verb: 'get', subresource: 'evidence' } });
  const readers = { listable, authorizer, now };
  return [
    reportRoutes(engine, tracer),
    explanationRoutes({ explanations, access: reportAccess(authorizer) }),
    issueRoutes({ store, authorizer }),
    groupRoutes({ index: () => store.groupIndex(), served: (names) => servedGroups(store, names), listable }),
    evidenceRoutes({ store, authorizer }),
    searchRoutes({ search: options.textSearch ? store : undefined, readable, ...readers }),
    statisticsRoutes({ statistics: store, retention, ...readers }),
    kiteRoutes(options),
  ];
}

async function servedGroups(
  store: Pick<ConnectingStore, 'resourceLog'>,
  names: readonly string[],
): Promise<IssueGroup[]> {
  const keys = names.map((name) => ({ namespace: '', name }));
  return (await store.resourceLog(ISSUE_GROUP_NAMES.plural).read(keys)) as IssueGroup[];
}

/** What a server answers besides the Kubernetes API. */
export function restMiddleware(options: RestOptions): NonNullable<ServerOptions['rest']> {
  const { authorizer, store } = options;
  const now = Date.now;
  const listable = listableNamespaces({ authorizer, namespaces: () => store.namespaces(), now });
  // Before the routes of the same paths, which answer for the present.
  const past = pastIssuesRoutes({ ...options, listable, now });
  return [past, ...restRoutes(options), docsEndpoints({ version: packageVersion() })];
}
