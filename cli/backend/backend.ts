import { setTimeout as wait } from 'node:timers/promises';
import { createExplanations, guessedKinds, type Kinds } from '../../apiserver/explanations/index.ts';
import { createEngine, engineMetrics, type Namespaces, withHome } from '../../apiserver/ingest/index.ts';
import { type AuditRecord, type ChangeSource, KubeApi } from '../../apiserver/kube/index.ts';
import { ReceiverCallers } from '../../apiserver/receivers/index.ts';
import { explanationsResource } from '../../apiserver/resources/explanations.ts';
import { issueActions } from '../../apiserver/resources/issue-actions.ts';
import { issueReportsResource } from '../../apiserver/resources/issuereports.ts';
import { issuesResource } from '../../apiserver/resources/issues.ts';
import { pastIssues } from '../../apiserver/resources/past-issues.ts';
import { PROCESS_PAGES } from '../../apiserver/rest/debug.ts';
import { healthMetrics } from '../../apiserver/rest/health-metrics.ts';
import type { Visible } from '../../apiserver/rest/kite/options.ts';
import { reportAccess } from '../../apiserver/rest/report-access.ts';
import { kubeMetrics } from '../../apiserver/server/kube-metrics.ts';
import {
  createServer,
  type ListenAddress,
  type ServingCertificate,
  type ShutdownOptions,
} from '../../apiserver/server.ts';
import type { StoreOptions } from '../../apiserver/store/open-store.ts';
import { NotYetFilled } from '../../apiserver/store/resource-log.ts';
import {
  DEFAULT_METRICS,
  type IssuesConfiguration,
  type LimitsConfiguration,
  type MetricsConfiguration,
} from '../../crds/configuration.ts';
import { parseDuration } from '../../crds/duration.ts';
import type { FeatureGates } from '../../crds/features.ts';
import type { Issue } from '../../crds/issue.ts';
import type { Tracer } from '../../tracing/tracer.ts';
import type { KiteChoice } from '../commands/flags.ts';
import type { LoadedResource } from '../configuration/resources.ts';
import type { Log } from '../log.ts';
import { packageVersion } from '../package-info.ts';
import { processMetrics } from '../process-metrics.ts';
import type { BackendAccess } from './access.ts';
import type { ClusterNamespaces } from './cluster-namespaces.ts';
import { ConnectingStore, NotYetOpened } from './connecting-store.ts';
import { countIssues, type IssueCounts } from './count-issues.ts';
import { type EventsWiring, startEvents } from './events.ts';
import { failoverMetrics } from './failover.ts';
import { featureSwitch } from './feature-switch.ts';
import { feedPages } from './feed-pages.ts';
import { FirstLoad } from './first-load.ts';
import { startReturningIdleMemory } from './idle-memory.ts';
import { issueGroups } from './issue-groups.ts';
import { issueAttachments, statisticsResource } from './issue-knowledge.ts';
import { startKite } from './kite.ts';
import { flappingRule } from './lifecycle-rules.ts';
import { MeasuredRegistry } from './measured-registry.ts';
import { Measures } from './measures.ts';
import type { WatchNamespaces } from './namespace-watch.ts';
import { openOwnResources } from './own-resources.ts';
import { openReceivers, type ReceiversWiring } from './receivers.ts';
import { restMiddleware } from './rest.ts';
import { startSearchIndexing, visibleSearch } from './search-indexing.ts';
import { liveNamespaces, startSweeper, sweptCounter } from './sweeping.ts';

export interface BackendOptions {
  readonly database: StoreOptions['database'];
  readonly clusterId: string;
  readonly namespaces: Namespaces | WatchedNamespaces;
  readonly access: BackendAccess;
  readonly tls: ServingCertificate;
  readonly listen: ListenAddress;
  readonly issues: IssuesConfiguration;
  /** Default: none. */
  readonly limits?: LimitsConfiguration;
  /** Default: those of a configuration that says nothing. */
  readonly metrics?: MetricsConfiguration;
  /** What was switched, the strongest last. Default: nothing. */
  readonly featureGates?: readonly FeatureGates[];
  /** Absent: no Events are written. */
  readonly events?: EventsWiring;
  /** `--kite-listen`. Default: not served. */
  readonly kite?: KiteChoice;
  /** Those that the configuration adds. Default: none. */
  readonly resources?: readonly LoadedResource[];
  /** Receivers of webhooks. Default: none. */
  readonly receivers?: ReceiversWiring;
  /** Which kind somebody means who asks about an object. Default: what is written is believed. */
  readonly kinds?: Kinds;
  /** The folder of the configuration. */
  readonly directory: string;
  /** Recorded objects are never too old (design.md "Age"). */
  readonly ageless?: boolean;
  readonly log: Log;
  /** Default: nothing is traced. */
  readonly tracer?: Tracer | undefined;
  readonly shutdown?: ShutdownOptions;
}

/** Of a cluster: issues leave with their namespace at once, not only when somebody asks about it. */
export interface WatchedNamespaces {
  readonly cluster: ClusterNamespaces;
  readonly watch: WatchNamespaces;
}

/** Everything between the reports that come in and the Kubernetes API that goes out, listening. */
export interface Backend extends AsyncDisposable {
  /** For clients on this machine. */
  readonly url: string;
  readonly registry: MeasuredRegistry;
  /** Resolves when lists and watches of issues are served; rejects when the database can never be used. */
  synced(): Promise<void>;
  /** Waits for a database that is away right now. */
  counts(): Promise<IssueCounts>;
  /** The receivers of the configuration are these from now on. */
  declareReceivers(configured: ReceiversWiring['configured']): Promise<void>;
  /** Serves new connections with this certificate. */
  setCertificate(tls: ServingCertificate): void;
}

// The feed answers within milliseconds of its database.
const SYNC_POLL_MS = 10;

/**
 * Opens store, engine, Kubernetes API and listener, and closes them in the opposite order. An embedded database is
 * opened before this resolves; an external one may follow, and discovery is served meanwhile.
 */
export async function openBackend(options: BackendOptions): Promise<Backend> {
  await using closing = new AsyncDisposableStack();
  const { access, issues, log } = options;
  const registry = new MeasuredRegistry();
  processMetrics(registry);
  access.register?.(registry);
  const store = closing.use(
    new ConnectingStore({
      database: options.database,
      clusterId: options.clusterId,
      onFailover: failoverMetrics(registry, log),
      onUnavailable: (cause) => log.error({ cause }, 'the database cannot be reached: trying again'),
    }),
  );
  if ('embedded' in options.database) await store.opened;
  const first = new FirstLoad(store);
  const swept = sweptCounter(registry);
  const atHome = (namespaces: Namespaces) => withHome(namespaces, issues.clusterScopedNamespace, options.clusterId);
  const given = options.namespaces;
  const known = atHome('watch' in given ? given.cluster : given);
  closing.use(startSweeper(first, known, issues, swept, log));
  const isOn = featureSwitch(options.featureGates ?? [], registry);
  if (isOn('TextSearch')) closing.use(startSearchIndexing(first, log));
  const namespaces =
    'watch' in given
      ? atHome(
          closing.use(
            liveNamespaces(store, first, { namespaces: given.cluster, watch: given.watch, known }, swept, log),
          ),
        )
      : known;
  if (options.events) closing.use(startEvents(first, options.events, issues.clusterScopedNamespace, registry, log));
  const measures = closing.use(
    new Measures(registry, isOn('IssueGauges') ? (options.metrics ?? DEFAULT_METRICS) : undefined),
  );
  const callers = new ReceiverCallers();
  const reporting = callers.wrap(reportAccess(access.authorizer));
  const engine = closing.use(
    createEngine({
      store,
      namespaces,
      access: reporting,
      retention: options.ageless ? Number.POSITIVE_INFINITY : parseDuration(issues.retention),
      clusterScopedNamespace: issues.clusterScopedNamespace,
      flapping: flappingRule(issues),
      ...(options.limits && { limits: options.limits }),
      metrics: { ...engineMetrics(registry), stored: (change) => measures.stored(change) },
      tracer: options.tracer,
    }),
  );
  const changes = store.changes('issues') as Required<ChangeSource<Issue>>;
  const past = pastIssues(store, {
    retention: parseDuration(issues.retention),
    resolvedVisibleFor: parseDuration(issues.resolvedVisibleFor),
  });
  const search = visibleSearch(store, isOn('TextSearch'));
  const { resources = [], directory } = options;
  const own = closing.use(
    openOwnResources([...(isOn('IssueGroups') ? [issueGroups(store)] : []), ...resources], {
      ...{ store, first, directory, registry, log },
    }),
  );
  const explanations = createExplanations();
  const { kinds = guessedKinds } = options;
  const knowing = { store, authorizer: access.authorizer, retention: parseDuration(issues.retention) };
  const audit = (record: AuditRecord): void => log.info({ audit: record }, 'a person acted on an issue');
  const kube = closing.use(
    new KubeApi({
      resources: [
        issuesResource(changes, issueActions(engine), { past, search }, issueAttachments(knowing)),
        issueReportsResource(engine),
        explanationsResource({ explanations, kinds, authorizer: access.authorizer }),
        statisticsResource(knowing),
        ...own.definitions,
      ],
      access,
      version: { gitVersion: `v1.34.0+faultline.${packageVersion()}` },
      title: 'Faultline',
      metrics: kubeMetrics(registry),
      audit,
      // Why the database is not there is told where it is opened.
      onError: (error, where) =>
        log[error instanceof NotYetOpened || error instanceof NotYetFilled ? 'debug' : 'warn'](
          { error, where },
          'a request could not be answered',
        ),
    }),
  );
  first.follow(store, kube);
  measures.follow(kube.cache('issues'), changes);
  const rest = {
    ...{ engine, explanations, tracer: options.tracer, ...knowing },
    resolvedVisibleFor: parseDuration(issues.resolvedVisibleFor),
    textSearch: isOn('TextSearch'),
    ...{ now: Date.now, logger: log, audit },
    visible: () => kube.cache('issues') as Visible,
  };
  closing.use(access);
  const { clusterScopedNamespace } = issues;
  const { authenticator } = access;
  const receivers =
    options.receivers &&
    closing.use(
      openReceivers(options.receivers, {
        ...{ store, engine, callers, authenticator, clusterScopedNamespace, registry, log },
        access: reporting,
      }),
    );
  const ready = [
    // ADR 34: during a rollout the old servers answer until this one can, and a database that is away holds nobody up.
    { name: 'first-load', healthy: async () => kube.serves('issues') || (await store.away()) },
    { name: 'db', healthy: () => store.ping(), decides: false },
    { name: 'feed', healthy: () => kube.serves('issues'), decides: false },
    ...own.definitions.map(({ plural }) => ({
      name: `feed-${plural}`,
      healthy: () => kube.serves(plural),
      decides: false,
    })),
  ];
  healthMetrics(registry, ready);
  const server = closing.use(
    createServer({
      ...access,
      tls: options.tls,
      listen: options.listen,
      kube,
      rest: restMiddleware(rest),
      unauthenticated: receivers ? [receivers.routes] : [],
      ready,
      logger: log,
      metrics: registry,
      ...(isOn('DebugEndpoints') && {
        debug: {
          ...PROCESS_PAGES,
          queues: () => ({ waitingReports: engine.waiting }),
          feeds: () => feedPages(kube, ['issues', ...own.definitions.map(({ plural }) => plural)]),
        },
      }),
      ...(options.shutdown && { shutdown: options.shutdown }),
    }),
  );
  // Before the server: polls that wait would hold it up.
  closing.use(explanations);
  const { url } = await server.start();
  if (options.kite) {
    const { drainMs = 1_000 } = options.shutdown ?? {};
    closing.use(await startKite(options.kite, { rest, tokens: access.tokens, log, drainMs: drainMs / 2 }));
  }
  closing.use(startReturningIdleMemory());
  const ended = new AbortController();
  closing.defer(() => ended.abort());
  const closer = closing.move();
  return {
    url,
    registry,
    async synced() {
      await store.opened;
      while (!kube.serves('issues')) await wait(SYNC_POLL_MS);
    },
    counts: () => countIssues(changes, ended.signal),
    declareReceivers: async (configured) => await receivers?.declare(configured),
    setCertificate: (tls) => server.setCertificate(tls),
    [Symbol.asyncDispose]: () => closer.disposeAsync(),
  };
}
