import { defineFindings } from '../../index.ts';

const common = { key: 'condition/<type>', type: 'workload', severity: 'major' } as const;

export const FINDINGS = defineFindings({
  NotReady: {
    key: 'ready',
    type: 'workload',
    severity: 'critical',
    meaning: 'kubelet says that the node is not ready (`Ready=False`), for longer than `notReadyFor`.',
    remedy: 'The message has the cause: container runtime, network plugin, disk.',
  },
  Unreachable: {
    key: 'ready',
    type: 'workload',
    severity: 'critical',
    meaning: 'Nothing has been heard of the node (`Ready=Unknown`) for longer than `notReadyFor`.',
    remedy: 'See whether the machine runs and reaches the API server. What ran there may still run.',
  },
  MemoryPressure: {
    ...common,
    meaning: 'The node runs out of memory, for longer than `pressureFor`: Pods are evicted.',
  },
  DiskPressure: { ...common, meaning: 'The node runs out of disk, for longer than `pressureFor`: Pods are evicted.' },
  PIDPressure: { ...common, meaning: 'The node runs out of process ids, for longer than `pressureFor`.' },
  NetworkUnavailable: { ...common, meaning: 'The network of the node is not set up, for longer than `pressureFor`.' },
  NodeProblem: {
    ...common,
    meaning:
      'A condition of `problemConditions` is `True` for longer than `pressureFor`; node-problem-detector writes such.',
  },
  Cordoned: {
    key: 'cordoned',
    type: 'workload',
    severity: 'info',
    meaning:
      'The node takes no new Pods (`kubectl cordon`), for longer than `cordonedFor`: perhaps somebody forgot it.',
    remedy: 'kubectl uncordon, when the work on it is done.',
  },
});
