import { resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Agent } from 'undici';
import { localNamespaces } from '../../apiserver/ingest/namespaces.ts';
import { createClusterApi } from '../../apiserver/kube/access/index.ts';
import type { WatchReceivers } from '../../apiserver/receivers/index.ts';
import { parseListenAddress } from '../../apiserver/server.ts';
import { RuleControllers } from '../../controllers/rules/index.ts';
import {
  createFolderSource,
  createKubeClient,
  createLiveSource,
  createManager,
  createPlugins,
  type Manager,
  type ObjectSource,
  systemClock,
} from '../../controllers/runtime/index.ts';
import type { Tracer } from '../../tracing/tracer.ts';
import { aborted } from '../aborted.ts';
import { localAccess } from '../backend/access.ts';
import { type Backend, openBackend } from '../backend/backend.ts';
import { clusterKinds } from '../backend/cluster-kinds.ts';
import { clusterNamespaces } from '../backend/cluster-namespaces.ts';
import { configuredKinds } from '../backend/configured-kinds.ts';
import { receiverSecrets } from '../backend/receiver-secrets.ts';
import { watchReceivers } from '../backend/receiver-watch.ts';
import { type ChosenCluster, chooseCluster, folderClusterId } from '../cluster/choose.ts';
import { askClusterId, recallCluster, rememberCluster } from '../cluster/identity.ts';
import type { UpOptions } from '../commands/up.ts';
import { type Configured, configure } from '../configuration/controllers.ts';
import { EXIT, Failure } from '../exit.ts';
import { parseFeatureGates } from '../feature-gates.ts';
import { createLog, type Log } from '../log.ts';
import { packageVersion } from '../package-info.ts';
import { ensurePki, type Pki, writeKubeconfig } from '../pki/index.ts';
import { createProgress } from '../progress.ts';
import { followConfiguration } from '../reload/follow-configuration.ts';
import { watchRules } from '../rule/watch-rules.ts';
import { readSecret } from '../secret-file.ts';
import { systemProcesses } from '../state/processes.ts';
import { contextFolder, openStateFolder, type StateFolder } from '../state/state-folder.ts';
import type { Streams } from '../streams.ts';
import { openTelemetry } from '../telemetry.ts';
import { readyMessage, type ServingFacts, servingMessage } from './messages.ts';

const STOP_WITHIN_MS = 1_400;

/**
 * `faultline up` (contracts.md): state folder, certificates, server, then controllers that speak to that server over
 * its own TLS port. Ends with the signal, in the opposite order, within 2 s.
 */
export async function runUp(options: UpOptions, streams: Streams): Promise<number> {
  const startedAt = performance.now();
  try {
    // What does not end in time (a database that is just being made) ends with the process: nothing acknowledged is
    // lost at kill -9, and a dead holder loses its lock.
    await Promise.race([up(options, streams, startedAt), overdue(streams.signal)]);
  } catch (error) {
    // What was interrupted half way is no failure: the user wanted it to end.
    if (!streams.signal.aborted) throw error;
  }
  return EXIT.ok;
}

async function up(options: UpOptions, streams: Streams, startedAt: number): Promise<void> {
  const { signal } = streams;
  const log = createLog(options.log, streams.err, streams.env);
  await using closing = new AsyncDisposableStack();
  const tracer = await openTelemetry(streams.env, 'faultline', log);
  if (tracer) closing.use(tracer);
  const plugins = closing.use(createPlugins({ logger: log }));
  const rules = new RuleControllers();
  const configured = await configure(options.config, streams, rules, plugins);
  const source = await chooseCluster(options.source, configured.configuration.cluster, streams);
  const stateDir = options.stateDir ?? resolve(streams.directory, '.faultline', ownFolder(source));
  const state = closing.use(await openStateFolder(stateDir, systemProcesses));
  const pki = await ensurePki(state.pki, { now: Date.now });
  for (const made of pki.renewed) log.info({ made }, 'a certificate was made');

  const identity = closing.use(beginIdentity(source, state, log, signal));
  const clusterId = (await identity.remembered) ?? (await identity.confirmed);
  if (clusterId === undefined) return;
  const run: Run = { options, configured, source, state, pki, clusterId, log, tracer, sources: sourcesOf(configured) };
  const progress = closing.use(createProgress(streams.err, streams.env, Date.now));
  progress.update('opening the database', 1, 3);
  const backend = closing.use(await openUpBackend(run, identity, closing));
  progress.update('looking at every object', 2, 3);
  await writeKubeconfig(state.kubeconfig, { server: backend.url, ca: pki.ca, client: pki.admin });

  const facts: ServingFacts = {
    version: packageVersion(),
    url: backend.url,
    source,
    kubeconfig: state.kubeconfig,
    directory: streams.directory,
  };
  identity.onAway(() => {
    progress[Symbol.dispose]();
    streams.out.write(servingMessage(facts));
  });
  const confirmed = await identity.confirmed;
  if (confirmed === undefined) return;
  if (confirmed !== clusterId) throw foreignCluster(source, state, confirmed, clusterId);
  if (source.kind === 'live') {
    await rememberCluster(state.cluster, { id: clusterId, server: source.connection.server });
  }

  const manager = closing.use(createUpManager(run, backend, identity.objects));
  // Nothing is written to what is watched, so that rules have no status here.
  const watched = watchRules(
    { configured, source: identity.objects, manager, log, registry: backend.registry },
    signal,
  );
  await Promise.race([watched.settled, aborted(signal)]);
  manager.start(signal);
  const onApply = async (next: Configured): Promise<void> => {
    run.sources = sourcesOf(next);
    watched.reconfigured(next);
    await backend.declareReceivers(next.receivers);
  };
  const { registry } = backend;
  const { config: flag } = options;
  closing.use(followConfiguration({ flag, streams, configured, manager, plugins, rules, log, registry, onApply }));
  await Promise.race([Promise.all([manager.synced(), backend.synced()]), aborted(signal), manager.stopped()]);
  progress[Symbol.dispose]();
  if (!signal.aborted) {
    const objects = manager.status().reduce((sum, { counts }) => sum + counts.objects, 0);
    const counts = await backend.counts();
    streams.out.write(readyMessage({ ...facts, ...counts, objects, tookMs: performance.now() - startedAt }));
  }
  await aborted(signal);
}

interface Run {
  readonly options: UpOptions;
  readonly configured: Configured;
  readonly source: ChosenCluster;
  readonly state: StateFolder;
  readonly pki: Pki;
  readonly clusterId: string;
  readonly log: Log;
  readonly tracer: Tracer | undefined;
  /** What the controllers may speak as now. */
  sources: readonly string[];
}

function sourcesOf({ controllers }: Configured): string[] {
  return controllers.map(({ name }) => name);
}

async function openUpBackend(run: Run, identity: Identity, closing: AsyncDisposableStack): Promise<Backend> {
  const { options, configured, source, state, pki, clusterId, log, tracer } = run;
  const { featureGates, issues, limits, metrics, server } = configured.configuration;
  const api = source.kind === 'folder' ? undefined : closing.use(createClusterApi(source.connection));
  return await openBackend({
    database:
      'databaseUrlFile' in server ? { url: await readSecret(server.databaseUrlFile) } : { embedded: state.database },
    clusterId,
    namespaces: api === undefined ? localNamespaces(clusterId) : clusterNamespaces(api, Date.now),
    access: localAccess({
      ca: pki.ca,
      controllers: 'faultline-controllers',
      sources: () => run.sources,
      kite: options.kite.identity?.name,
      now: Date.now,
    }),
    kite: options.kite,
    tls: pki.server,
    listen: parseListenAddress(options.listen ?? server.listen),
    issues,
    limits,
    metrics,
    featureGates: [featureGates, parseFeatureGates(options.featureGates).gates],
    resources: configured.resources,
    // Those of the cluster or folder too; their status is not written: nothing is written to it.
    receivers: {
      configured: configured.receivers,
      watch: receiversOf(identity, log),
      secrets: receiverSecrets(api, Date.now),
    },
    kinds:
      source.kind === 'live'
        ? closing.use(clusterKinds(source.connection, Date.now))
        : configuredKinds(() => configured.controllers),
    directory: configured.directory,
    tracer,
    ageless: source.kind === 'folder',
    log,
    // SIGINT ends everything within 2 s, of which the sink may take one.
    shutdown: { drainMs: 300 },
  });
}

/** Only once it is certain whose they are; the controllers tell already why the cluster does not answer. */
function receiversOf({ objects, confirmed }: Identity, log: Log): WatchReceivers {
  const watch = watchReceivers(objects, (message) => log.debug({}, message));
  return async function* (kind, signal) {
    const cluster = await confirmed.catch(() => undefined);
    if (cluster !== undefined && !signal.aborted) yield* watch(kind, signal);
  };
}

function createUpManager(run: Run, backend: Backend, objects: ObjectSource): Manager {
  const { configured, pki, log, tracer } = run;
  const { namespaces, issues } = configured.configuration;
  const manager = createManager({
    name: 'faultline-up',
    controllers: configured.controllers,
    source: objects,
    backend: {
      url: backend.url,
      dispatcher: new Agent({ connect: { ca: pki.ca, cert: pki.controllers.cert, key: pki.controllers.key } }),
    },
    namespaces,
    clusterScopedNamespace: issues.clusterScopedNamespace,
    logger: log,
    tracer,
    registry: backend.registry,
  });
  backend.registry.onRead(() => manager.measure());
  return manager;
}

/** Where objects come from and whose they are: known at once for a folder, asked for of a live cluster. */
interface Identity extends AsyncDisposable {
  readonly objects: ObjectSource;
  /** What was stored about the cluster by an earlier run. */
  readonly remembered: Promise<string | undefined>;
  /** What the cluster says; undefined when the command was stopped before it said anything. */
  readonly confirmed: Promise<string | undefined>;
  /** Calls once when the cluster turns out to be away, or at once when it already has. */
  onAway(tell: () => void): void;
}

function beginIdentity(source: ChosenCluster, state: StateFolder, log: Log, signal: AbortSignal): Identity {
  if (source.kind === 'folder') {
    const id = Promise.resolve(folderClusterId(source.folder));
    const objects = createFolderSource({ folder: source.folder, logger: log });
    const dispose = () => objects[Symbol.asyncDispose]();
    return { objects, remembered: id, confirmed: id, onAway: () => {}, [Symbol.asyncDispose]: dispose };
  }
  const client = createKubeClient(source.connection);
  const away = Promise.withResolvers<void>();
  const onFault = (message: string) => {
    log.warn({ retry: 'with backoff' }, message);
    away.resolve();
  };
  const confirmed = askClusterId({ client, signal, clock: systemClock, random: Math.random, onFault });
  // It may reject before anybody waits for it: the state folder is opened first.
  confirmed.catch(() => {});
  return {
    objects: createLiveSource({ client, logger: log }),
    remembered: recallCluster(state.cluster).then((cluster) => cluster?.id),
    confirmed,
    onAway: (tell) => void away.promise.then(tell),
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

function ownFolder(source: ChosenCluster): string {
  return source.kind === 'live' ? contextFolder(source.connection.name) : '';
}

function foreignCluster(source: ChosenCluster, state: StateFolder, confirmed: string, stored: string): Failure {
  const name = source.kind === 'live' ? `the context "${source.connection.name}"` : 'this folder';
  return new Failure(
    `${name} is cluster ${confirmed} now, but ${state.path} holds the issues of cluster ${stored}: choose another folder with --state-dir`,
  );
}

/** Resolves some time after the signal; the process itself is given half a second more. */
async function overdue(signal: AbortSignal): Promise<void> {
  await aborted(signal);
  await wait(STOP_WITHIN_MS, undefined, { ref: false });
}
