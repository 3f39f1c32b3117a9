import { defineFindings } from '../../index.ts';

export const FINDINGS = defineFindings({
  CannotScale: {
    key: 'scale',
    type: 'workload',
    severity: 'major',
    meaning: 'It cannot read or change the scale of its target (`AbleToScale=False`), for longer than `failingFor`.',
    remedy: 'See whether the target exists and has a scale; the message has the answer of the API server.',
  },
  NoMetrics: {
    key: 'metrics',
    type: 'workload',
    severity: 'major',
    meaning: 'It gets no metrics to decide by (`ScalingActive=False`), for longer than `failingFor`.',
    remedy: 'See whether the metrics API is available and whether all containers of the target have requests.',
  },
  AtMaximum: {
    key: 'limit',
    type: 'workload',
    severity: 'minor',
    meaning: 'It has wanted more replicas than `spec.maxReplicas` for longer than `limitedFor`.',
    remedy: 'Raise maxReplicas, or find where the load comes from.',
  },
});
