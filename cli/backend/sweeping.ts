import { Counter, type Registry } from 'prom-client';
import type { Namespaces } from '../../apiserver/ingest/index.ts';
import type { SqlStore } from '../../apiserver/store/sql-store.ts';
import { namespacesMissingIn, sweepNamespace } from '../../apiserver/store/sweep-namespaces.ts';
import { runSweeper } from '../../apiserver/store/sweeper.ts';
import type { IssuesConfiguration } from '../../crds/configuration.ts';
import { parseDuration } from '../../crds/duration.ts';
import type { Log } from '../log.ts';
import type { ClusterNamespaces } from './cluster-namespaces.ts';
import { type ConnectingStore, NotYetOpened } from './connecting-store.ts';
import { type FirstLoad, runWhenOpened } from './first-load.ts';
import { escalationRules, flappingRule } from './lifecycle-rules.ts';
import { LivingNamespaces } from './living-namespaces.ts';
import type { WatchNamespaces } from './namespace-watch.ts';

/** How many of each kind were taken away because time passed or a namespace went. */
export type Swept = Counter<'kind'>;

export function sweptCounter(registry: Registry): Swept {
  return new Counter({
    name: 'faultline_swept_total',
    help: 'What was taken away because time passed, by kind.',
    labelNames: ['kind'] as const,
    registers: [registry],
  });
}

/** Begins when issues are served, and ends before the store is closed. */
export function startSweeper(
  first: Pick<FirstLoad, 'opened'>,
  namespaces: Namespaces,
  issues: IssuesConfiguration,
  swept: Swept,
  log: Log,
): AsyncDisposable {
  return runWhenOpened(first, (store, signal) =>
    runSweeper(store, {
      signal,
      namespaces,
      resolvedVisibleFor: parseDuration(issues.resolvedVisibleFor),
      retention: parseDuration(issues.retention),
      flapping: flappingRule(issues),
      escalation: escalationRules(issues),
      onProgress: (what, count) => log.info({ what, count }, 'sweeping what is older than the retention'),
      onSwept: (counts) => {
        for (const [kind, count] of Object.entries(counts)) swept.inc({ kind }, count);
        const { issues: gone, subjects, partitions } = counts;
        if (gone + subjects + partitions > 0) {
          log.info({ issues: gone, subjects, partitions }, 'what is older than the retention is gone');
        }
      },
      onError: (error) => log.warn({ error }, 'a sweep failed: it is tried again'),
    }),
  );
}

/**
 * Namespaces of a cluster that is watched. `known` is what the sweeps ask: the same namespaces, and the home of issues of
 * cluster-scoped subjects. What is stored is compared with the list of all when issues are served.
 */
export function liveNamespaces(
  store: Pick<ConnectingStore, 'opened'>,
  first: Pick<FirstLoad, 'opened'>,
  cluster: { readonly namespaces: ClusterNamespaces; readonly watch: WatchNamespaces; readonly known: Namespaces },
  swept: Swept,
  log: Log,
): LivingNamespaces {
  let opened: SqlStore | undefined;
  store.opened.then(
    (found) => {
      opened = found;
    },
    () => {},
  );
  const now = (): SqlStore => {
    if (opened === undefined) throw new NotYetOpened('the database was not reached yet');
    return opened;
  };
  return new LivingNamespaces({
    namespaces: cluster.namespaces,
    watch: cluster.watch,
    stored: {
      opened: first.opened,
      async sweep(name) {
        const left = await sweepNamespace(now(), cluster.known, name);
        if (left > 0) swept.inc({ kind: 'homeless' }, left);
      },
      missingIn: async (uids) => namespacesMissingIn(now(), uids),
    },
    onFault: (cause) => log.warn({ cause }, 'namespaces cannot be followed: asked every two minutes instead'),
  });
}
