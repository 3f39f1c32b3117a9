import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Registry } from 'prom-client';
import {
  createKubeClient,
  type ElectionOptions,
  electedLeaders,
  electionMetrics,
  kubeLeases,
  type Leaders,
  shardedLeaders,
  steadyClock,
} from '../../controllers/runtime/index.ts';
import type { FaultlineConfiguration } from '../../crds/configuration.ts';
import { parseDuration } from '../../crds/duration.ts';
import { type LeaderElectionConfiguration, leaderElectionSchema } from '../../crds/leader-election.ts';
import { DNS_LABEL } from '../../crds/names.ts';
import type { ChosenCluster } from '../cluster/choose.ts';
import type { ControllersOptions } from '../commands/controllers.ts';
import { Failure } from '../exit.ts';
import type { Log } from '../log.ts';

export interface LeadersRequest {
  readonly options: Pick<ControllersOptions, 'name' | 'leaderElection'>;
  readonly configuration: Pick<FaultlineConfiguration, 'leaderElection' | 'sharding' | 'issues'>;
  readonly chosen: ChosenCluster;
  readonly registry: Registry;
  readonly log: Log;
  readonly closing: AsyncDisposableStack;
}

/** Names of shards and places are appended. */
const LONGEST_NAME = 63 - '-shard-31-of-32'.length;

/**
 * Who of several replicas leads: an election by Leases in the cluster that is watched, unless the flags or the
 * configuration say otherwise. Undefined: no election. Throws a Failure for what contradicts.
 */
export function leadersOf(request: LeadersRequest): Leaders | undefined {
  const { options, configuration, chosen, registry, log, closing } = request;
  const { sharding } = configuration;
  const election = merged(configuration.leaderElection, options.leaderElection);
  const inCluster = chosen.kind === 'live' && chosen.connection.name === 'in-cluster';
  if (!(election.enabled ?? (inCluster || sharding !== undefined))) {
    if (sharding === undefined) return undefined;
    throw new Failure(
      'sharding needs an election: take out sharding, or leaderElection.enabled: false (--leader-elect=false)',
    );
  }
  if (chosen.kind !== 'live') {
    throw new Failure(
      'an election needs a cluster: take out leaderElection and sharding (--leader-elect), or watch a cluster',
    );
  }
  const { connection } = chosen;
  if (!DNS_LABEL.test(options.name) || options.name.length > LONGEST_NAME) {
    const what = `at most ${LONGEST_NAME} of a-z, 0-9 and -, beginning and ending with a letter or digit`;
    throw new Failure(`--name ${JSON.stringify(options.name)} cannot name a Lease: it must be ${what}`);
  }
  const namespace = election.namespace ?? connection.namespace ?? configuration.issues.clusterScopedNamespace;
  // A client of its own: a renewal must not wait until lists are read.
  const client = closing.use(createKubeClient({ ...connection, registry, clock: steadyClock }));
  const common: ElectionOptions = {
    name: options.name,
    // As client-go's: the pod, and what tells its restart apart.
    identity: `${hostname()}_${randomUUID()}`,
    store: kubeLeases({ client, namespace, group: options.name, logger: log }),
    times: {
      leaseDurationMs: parseDuration(election.leaseDuration),
      renewDeadlineMs: parseDuration(election.renewDeadline),
      retryPeriodMs: parseDuration(election.retryPeriod),
    },
    clock: steadyClock,
    random: Math.random,
    logger: log,
    metrics: electionMetrics(registry),
  };
  return sharding === undefined ? electedLeaders(common) : shardedLeaders({ ...common, shards: sharding.shards });
}

function merged(
  configured: LeaderElectionConfiguration,
  flags: Partial<LeaderElectionConfiguration>,
): LeaderElectionConfiguration {
  const { value, error } = leaderElectionSchema.validate(
    { ...configured, ...flags },
    { abortEarly: false, convert: false },
  );
  if (error === undefined) return value as LeaderElectionConfiguration;
  throw new Failure(`the election: ${error.details.map(({ message }) => message).join('; ')}`);
}
