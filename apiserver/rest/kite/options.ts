import type { Engine } from '../../ingest/engine.ts';
import type { Authorizer } from '../../kube/access/types.ts';
import type { WatchCache } from '../../kube/cache/watch-cache.ts';
import type { Store } from '../../store/store.ts';
import type { Audit } from './audit.ts';

/** What the routes of Kite are made of. */
export interface KiteOptions {
  readonly engine: Pick<Engine, 'submit' | 'act'>;
  readonly store: KiteStore;
  readonly authorizer: Authorizer;
  /** The visible issues, in memory. */
  readonly visible: () => Visible;
  /** ms since 1970. */
  readonly now: () => number;
  /** Told of every act that was allowed. Default: nobody is. */
  readonly audit?: Audit;
  readonly logger: { info(fields: object, message: string): void };
  /**
   * Before the run's id: where the logs of a run are, when a failure webhook does not say. Default: what Kite says without
   * configuration, https://konflux.dev/logs/pipelineruns/
   */
  readonly logsUrl?: string;
}

export type KiteStore = Pick<
  Store,
  | 'issuesById'
  | 'issuesByName'
  | 'findIssues'
  | 'wasDeleted'
  | 'relate'
  | 'unrelate'
  | 'relatedOf'
  | 'ping'
  | 'connections'
>;

export type Visible = Pick<WatchCache, 'list' | 'untilLatest'>;

/** The version of the API that is spoken here, as Kite gives it. */
export const KITE_VERSION = '0.0.1';
/** The source of everything that Kite's clients write. */
export const KITE = 'kite';
