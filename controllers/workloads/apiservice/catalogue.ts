import { defineFindings } from '../../index.ts';

export const FINDINGS = defineFindings({
  APIServiceUnavailable: {
    key: 'available',
    type: 'workload',
    severity: 'critical',
    meaning:
      'An aggregated API has not been available (`Available` is not `True`) for longer than `unavailableFor`. Its resources cannot be used, and no Namespace can be deleted.',
    remedy:
      'See whether the Service of it has ready Pods and whether its certificate is valid; the message says which fails.',
  },
});
