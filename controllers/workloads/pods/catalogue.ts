import type { FixedFinding } from '../../index.ts';

const QUOTA_OR_ROOM =
  'Compare requests, node selectors, taints and volumes with the nodes there are; the message counts them.';

/** What can be wrong with a Pod, wherever it belongs to. In order: what is higher says more about the same container. */
export const POD_ENTRIES = {
  OOMKilled: {
    key: 'pod/<container>',
    type: 'workload',
    severity: 'major',
    meaning: 'A container was killed because it used more memory than its limit: within `oomFor`, or again and again.',
    remedy: 'Raise the memory limit of the container, or find what uses the memory.',
  },
  CrashLoopBackOff: {
    key: 'pod/<container>',
    type: 'workload',
    severity: 'major',
    meaning:
      'A container has restarted at least `restarts` times and no run of it lasted for `stableFor`; also while it runs for the moment.',
    remedy: 'Read its log: `faultline evidence` has the end of it.',
  },
  ImagePullBackOff: {
    key: 'pod/<container>',
    type: 'workload',
    severity: 'major',
    meaning:
      'The image of a container has not been pulled for longer than `startFor`. A name that is none counts at once.',
    remedy: 'Check the name and tag of the image, the pull secret, and whether the registry answers.',
  },
  ContainerConfigError: {
    key: 'pod/<container>',
    type: 'workload',
    severity: 'major',
    meaning:
      'A container cannot be configured for longer than `startFor`: a ConfigMap, a Secret or a key of one is missing.',
    remedy: 'Create what the message names, or correct the reference to it.',
  },
  ContainerStartError: {
    key: 'pod/<container>',
    type: 'workload',
    severity: 'major',
    meaning:
      'A container cannot be created or started for longer than `startFor`: a wrong command, mount or security setting.',
  },
  Unschedulable: {
    key: 'scheduling',
    type: 'workload',
    severity: 'major',
    meaning: 'No node takes a Pod for longer than `pendingFor`.',
    remedy: QUOTA_OR_ROOM,
  },
  StuckCreating: {
    key: 'creation',
    type: 'workload',
    severity: 'major',
    meaning:
      'A Pod has a node, but its containers are not created for longer than `creatingFor`: a volume or the network.',
    remedy: 'See the Events of the Pod: they name the volume or the network plugin.',
  },
  StuckTerminating: {
    key: 'termination',
    type: 'workload',
    severity: 'minor',
    meaning:
      'A Pod should have been gone for longer than `terminatingFor`: a finalizer, or a node that does not answer.',
    remedy: 'See whether its node is there, and who owns the finalizers that the description names.',
  },
} satisfies Readonly<Record<string, FixedFinding>>;

export type PodReason = keyof typeof POD_ENTRIES;

const RANK = new Map(Object.keys(POD_ENTRIES).map((reason, index) => [reason, index]));

/** The lower, the more it says. */
export function rankOf(reason: PodReason): number {
  return RANK.get(reason) ?? RANK.size;
}
