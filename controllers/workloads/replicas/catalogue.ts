import type { FixedFinding } from '../../index.ts';

const REMEDY = 'Its findings `pod/…`, or the Events of its Pods, say why.';

/** Of workloads that do not say themselves since when they lack Pods. */
export const REPLICA_ENTRIES = {
  NoReplicasAvailable: {
    key: 'availability',
    type: 'workload',
    severity: 'critical',
    meaning: 'It should have Pods, and none has been ready for longer than `unavailableFor`.',
    remedy: REMEDY,
  },
  ReplicasUnavailable: {
    key: 'availability',
    type: 'workload',
    severity: 'major',
    meaning:
      'Some of its Pods have not been ready, or have been seen to be missing, for longer than `unavailableFor`. Of recorded objects none is missing.',
    remedy: REMEDY,
  },
} satisfies Readonly<Record<string, FixedFinding>>;

/** Of workloads that say themselves that they cannot create Pods. */
export const CREATION_ENTRIES = {
  ReplicaFailure: {
    key: 'replicas',
    type: 'workload',
    severity: 'major',
    meaning:
      'Pods could not be created for longer than `createFor`: a quota, an admission webhook, a missing ServiceAccount.',
    remedy: 'The message is the refusal of the API server: allow what it refuses, or change the template.',
  },
} satisfies Readonly<Record<string, FixedFinding>>;
