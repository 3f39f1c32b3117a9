import Joi from 'joi';
import { parseDuration } from './duration.ts';
import { DNS_LABEL } from './names.ts';
import { MAX_SHARDS } from './shard.ts';

/** Who of several replicas of `faultline controllers` leads; only of that command. */
export interface LeaderElectionConfiguration {
  /** Absent: in a pod that watches its own cluster. */
  enabled?: boolean;
  /** Of the Leases. Absent: that of the pod, or of the kubeconfig's context, else `issues.clusterScopedNamespace`. */
  namespace?: string;
  /** Durations: how long others wait after the last renewal, … */
  leaseDuration: string;
  /** … how long after it a leader goes on, … */
  renewDeadline: string;
  /** … and between two renewals. */
  retryPeriod: string;
}

/** How the namespaces are shared out among the replicas. */
export interface ShardingConfiguration {
  shards: number;
}

/** client-go's. */
export const DEFAULT_LEADER_ELECTION: Readonly<LeaderElectionConfiguration> = {
  leaseDuration: '15s',
  renewDeadline: '10s',
  retryPeriod: '2s',
};

const DURATION = /^(\d+(\.\d+)?(ms|[smhdw]))+$/;
/** A standby waits up to so much longer than the retry period (client-go's JitterFactor), so a leader has to try twice. */
const JITTER = 1.2;

const duration = (fallback: string, description: string): Joi.StringSchema =>
  Joi.string()
    .pattern(DURATION, 'a duration')
    .messages({ 'string.pattern.name': 'must be a duration such as 2s, 1500ms or 1m' })
    .default(fallback)
    .description(description);

export const leaderElectionSchema = Joi.object<LeaderElectionConfiguration, true>({
  enabled: Joi.boolean().description('Whether one replica leads. Default: in a pod that watches its own cluster.'),
  namespace: Joi.string()
    .pattern(DNS_LABEL, 'a namespace name')
    .messages({ 'string.pattern.name': 'must be a namespace name' })
    .description("Of the Leases. Default: that of the pod, else of the kubeconfig's context."),
  leaseDuration: duration(
    DEFAULT_LEADER_ELECTION.leaseDuration,
    'How long others wait after the last renewal before they take over; whole seconds.',
  ),
  renewDeadline: duration(
    DEFAULT_LEADER_ELECTION.renewDeadline,
    'How long after its last renewal a leader goes on; then it has stopped.',
  ),
  retryPeriod: duration(DEFAULT_LEADER_ELECTION.retryPeriod, 'Between two renewals, and attempts of the others.'),
})
  .custom((value: LeaderElectionConfiguration, helpers) => {
    const [lease, renew, retry] = [value.leaseDuration, value.renewDeadline, value.retryPeriod].map(parseDuration) as [
      number,
      number,
      number,
    ];
    if (lease < 1_000 || lease % 1_000 !== 0) return helpers.error('election.seconds');
    if (renew >= lease) return helpers.error('election.lease');
    if (retry <= 0 || retry * JITTER >= renew) return helpers.error('election.retry');
    return value;
  })
  .messages({
    'election.seconds': 'leaseDuration must be whole seconds, at least one: so Leases have it',
    'election.lease': 'leaseDuration must be longer than renewDeadline: two would lead at a time',
    'election.retry': 'renewDeadline must be longer than 1.2 times retryPeriod: one lost request would end the lead',
  })
  .description('Who of several replicas leads; only of faultline controllers.');

export const shardingSchema = Joi.object<ShardingConfiguration, true>({
  shards: Joi.number()
    .integer()
    .min(2)
    .max(MAX_SHARDS)
    .required()
    .description('How many parts: at least as many as replicas, the same for all of them.'),
}).description('Several replicas lead a share of the namespaces each. Default: one leads all.');
