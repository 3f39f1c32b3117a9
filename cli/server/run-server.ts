import { createClusterApi } from '../../apiserver/kube/access/index.ts';
import { parseListenAddress } from '../../apiserver/server.ts';
import type { StoreOptions } from '../../apiserver/store/open-store.ts';
import { systemClock } from '../../controllers/runtime/clock.ts';
import { createKubeClient } from '../../controllers/runtime/kube-client.ts';
import { createLiveSource } from '../../controllers/runtime/live-source.ts';
import { parseDuration } from '../../crds/duration.ts';
import { aborted } from '../aborted.ts';
import { clusterAccess } from '../backend/access.ts';
import { watchAuthenticationConfig } from '../backend/authentication-config.ts';
import { openBackend } from '../backend/backend.ts';
import { clusterEvents } from '../backend/cluster-events.ts';
import { clusterKinds } from '../backend/cluster-kinds.ts';
import { clusterNamespaces } from '../backend/cluster-namespaces.ts';
import { watchNamespaces } from '../backend/namespace-watch.ts';
import { receiverSecrets } from '../backend/receiver-secrets.ts';
import { receiverStatus } from '../backend/receiver-status.ts';
import { watchReceivers } from '../backend/receiver-watch.ts';
import { certificateMetric } from '../certificates/expiry-metric.ts';
import { liveRequest } from '../cluster/choose.ts';
import { connectCluster } from '../cluster/connection.ts';
import { askClusterId } from '../cluster/identity.ts';
import type { ServeOptions } from '../commands/server.ts';
import { configureServing } from '../configuration/serving.ts';
import { EXIT } from '../exit.ts';
import { parseFeatureGates } from '../feature-gates.ts';
import { createLog } from '../log.ts';
import { followReceivers } from '../reload/follow-receivers.ts';
import { rotatedSecret } from '../secret-file.ts';
import { systemProcesses } from '../state/processes.ts';
import { openStateFolder } from '../state/state-folder.ts';
import type { Streams } from '../streams.ts';
import { openTelemetry } from '../telemetry.ts';
import { openServingCertificates } from './serving-certificates.ts';

// Above the longest that a list takes; terminationGracePeriodSeconds of the manifests is above delay and drain.
const DRAIN_MS = 20_000;

/**
 * `faultline server`: the aggregated API of a cluster. Ends at SIGTERM gently (aggregated-api X2): first out of the
 * Service, then watches and requests, then the database.
 */
export async function runServer(options: ServeOptions, streams: Streams): Promise<number> {
  const { signal } = streams;
  const log = createLog(options.log, streams.err, streams.env);
  const configured = await configureServing(options.config, streams);
  const { configuration, resources, receivers, directory } = configured;
  const connection = await connectCluster(liveRequest(options, configuration.cluster), streams);
  await using closing = new AsyncDisposableStack();
  const api = closing.use(createClusterApi(connection));
  const { namespace } = connection;
  const certificates = await openServingCertificates(options.certificates, { api, namespace, log, signal });
  if (certificates === undefined) return EXIT.ok;
  closing.use(certificates);
  const tracer = await openTelemetry(streams.env, 'faultline-server', log);
  if (tracer) closing.use(tracer);
  const database = await openDatabase(options, configuration.server, closing);

  const client = closing.use(createKubeClient(connection));
  const onFault = (message: string) => log.warn({}, message);
  const clusterId = await askClusterId({ client, signal, clock: systemClock, random: Math.random, onFault });
  if (clusterId === undefined) return EXIT.ok;
  const source = createLiveSource({ client, logger: log });
  const backend = closing.use(
    await openBackend({
      database,
      clusterId,
      namespaces: { cluster: clusterNamespaces(api, Date.now), watch: watchNamespaces(source, onFault) },
      access: clusterAccess({
        api,
        configuration: watchAuthenticationConfig(source),
        log,
        now: Date.now,
      }),
      tls: certificates.current,
      listen: parseListenAddress(options.listen ?? configuration.server.listen),
      issues: configuration.issues,
      limits: configuration.limits,
      metrics: configuration.metrics,
      featureGates: [configuration.featureGates, parseFeatureGates(options.featureGates).gates],
      ...(configuration.events.enabled && {
        events: { writer: clusterEvents(api), configuration: configuration.events },
      }),
      kite: options.kite,
      resources,
      receivers: {
        configured: receivers,
        watch: watchReceivers(source, onFault),
        writeStatus: receiverStatus(api, log, Date.now),
        secrets: receiverSecrets(api, Date.now),
      },
      kinds: closing.use(clusterKinds(connection, Date.now)),
      directory,
      log,
      tracer,
      shutdown: { propagationMs: parseDuration(options.shutdownDelay), drainMs: DRAIN_MS },
    }),
  );
  const { registry } = backend;
  const declare = backend.declareReceivers.bind(backend);
  closing.use(followReceivers({ flag: options.config, streams, configured, declare, log, registry }));
  log.info({ url: backend.url, clusterId, cluster: connection.server }, 'serving');
  certificates.follow((found) => backend.setCertificate(found));
  certificateMetric(registry, () => certificates.current);
  // Rejects when the database belongs to another cluster or a newer faultline: only a person can help.
  await Promise.race([backend.synced().then(() => log.info({}, 'the database is ready')), aborted(signal)]);
  await aborted(signal);
  log.info({ delay: options.shutdownDelay }, 'stopping');
  return EXIT.ok;
}

async function openDatabase(
  options: ServeOptions,
  configured: { database: 'embedded' } | { databaseUrlFile: string },
  closing: AsyncDisposableStack,
): Promise<StoreOptions['database']> {
  const configuredFile = 'databaseUrlFile' in configured ? configured.databaseUrlFile : undefined;
  const file = options.databaseUrlFile ?? configuredFile;
  if (!options.embedded && file !== undefined) return { url: await rotatedSecret(file) };
  const state = closing.use(await openStateFolder(options.stateDir, systemProcesses));
  return { embedded: state.database };
}
