import { hostname } from 'node:os';
import { Registry } from 'prom-client';
import { createClusterApi } from '../../apiserver/kube/access/index.ts';
import { parseListenAddress } from '../../apiserver/server/listener.ts';
import { RuleControllers } from '../../controllers/rules/index.ts';
import {
  createFolderSource,
  createKubeClient,
  createLiveSource,
  createManager,
  createPlugins,
  type ObjectSource,
} from '../../controllers/runtime/index.ts';
import { parseDuration } from '../../crds/duration.ts';
import { aborted } from '../aborted.ts';
import { startReturningIdleMemory } from '../backend/idle-memory.ts';
import { type ChosenCluster, type ClusterFlags, chooseCluster } from '../cluster/choose.ts';
import type { ControllersOptions } from '../commands/controllers.ts';
import { type Configured, configure } from '../configuration/controllers.ts';
import { EXIT, Failure } from '../exit.ts';
import { createLog, type Log } from '../log.ts';
import { processMetrics } from '../process-metrics.ts';
import { followConfiguration } from '../reload/follow-configuration.ts';
import { watchRules } from '../rule/watch-rules.ts';
import type { Streams } from '../streams.ts';
import { openTelemetry } from '../telemetry.ts';
import { readyChecks } from './health-answer.ts';
import { leadersOf } from './leaders.ts';
import { serveMetrics } from './metrics-listener.ts';
import { reportTo } from './report-to.ts';

/** `faultline controllers`: the configured controllers against a live cluster (or a folder) and a faultline server. */
export async function runControllers(options: ControllersOptions, streams: Streams): Promise<number> {
  const { signal } = streams;
  const log = createLog(options.log, streams.err, streams.env);
  await using closing = new AsyncDisposableStack();
  closing.use(startReturningIdleMemory());
  const plugins = closing.use(createPlugins({ logger: log }));
  const rules = new RuleControllers();
  const configured = await configure(options.config, streams, rules, plugins);
  const { configuration, controllers } = configured;
  const registry = new Registry();
  processMetrics(registry);
  const tracer = await openTelemetry(streams.env, 'faultline-controllers', log);
  if (tracer) closing.use(tracer);
  const chosen = await cluster(options, configured, streams);
  const source = openSource(options, chosen, { closing, log, registry });
  const leaders = leadersOf({ options, configuration, chosen, registry, log, closing });
  const manager = closing.use(
    createManager({
      name: options.name,
      process: hostname(),
      ...(leaders !== undefined && { leaders }),
      controllers,
      source,
      backend: await reportTo(options),
      namespaces: configuration.namespaces,
      clusterScopedNamespace: configuration.issues.clusterScopedNamespace,
      logger: log,
      registry,
      tracer,
    }),
  );
  if (options.metricsListen !== undefined) {
    const address = parseListenAddress(options.metricsListen);
    const measure = () => manager.measure();
    closing.use(await serveMetrics({ address, registry, measure, ready: () => readyChecks(manager), log }));
  }
  if (options.debugListen !== undefined) {
    // As in `faultline server`; few want it, so few load it.
    if (chosen.kind === 'folder') throw new Failure('--debug-listen needs a cluster that knows who asks: leave it out');
    const { controllerPages, serveDebug } = await import('./debug-listener.ts');
    const debug = { address: parseListenAddress(options.debugListen), pages: controllerPages(manager), log };
    const api = closing.use(createClusterApi(chosen.connection));
    closing.use(await serveDebug({ ...debug, api, now: Date.now }));
  }
  // The status of rules is all that is written besides Leases.
  const api = chosen.kind === 'folder' ? {} : { api: closing.use(createClusterApi(chosen.connection)) };
  const watched = watchRules({ configured, source, manager, log, registry, ...api }, signal);
  await Promise.race([watched.settled, aborted(signal)]);
  manager.start(signal);
  const onApply = (next: Configured): void => watched.reconfigured(next);
  closing.use(
    followConfiguration({ flag: options.config, streams, configured, manager, plugins, rules, log, registry, onApply }),
  );
  log.info({ server: options.server, controllers: controllers.map(({ name }) => name) }, 'watching');
  await Promise.race([manager.synced(), manager.stopped(), aborted(signal)]);
  if (!signal.aborted) log.info({ controllers: manager.status() }, 'the first lists are decided');
  await Promise.race([manager.stopped(), aborted(signal)]);
  return EXIT.ok;
}

async function cluster(
  options: ControllersOptions,
  { configuration }: Configured,
  streams: Streams,
): Promise<ChosenCluster> {
  const isFolder = configuration.cluster !== undefined && 'folder' in configuration.cluster;
  // The example folder is for `up`: without a word this is the cluster of the pod, or of the kubeconfig.
  const flags: ClusterFlags = { cluster: !isFolder, kubeconfig: options.kubeconfig, context: options.context };
  return await chooseCluster(flags, configuration.cluster, streams);
}

function openSource(
  options: ControllersOptions,
  chosen: ChosenCluster,
  { closing, log, registry }: { closing: AsyncDisposableStack; log: Log; registry: Registry },
): ObjectSource {
  if (chosen.kind === 'folder') return closing.use(createFolderSource({ folder: chosen.folder, logger: log }));
  const client = closing.use(createKubeClient({ ...chosen.connection, registry }));
  return createLiveSource({ client, logger: log, registry, relistPeriodMs: parseDuration(options.relistPeriod) });
}
