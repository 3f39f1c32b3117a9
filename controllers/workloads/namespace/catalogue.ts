import { defineFindings } from '../../index.ts';

export const FINDINGS = defineFindings({
  StuckTerminating: {
    key: 'termination',
    type: 'workload',
    severity: 'major',
    meaning:
      'The Namespace has been terminating for longer than `terminatingFor`: finalizers, or an API that does not answer.',
    remedy: 'The conditions say which objects or which API group hold it up. Never remove its finalizer by hand first.',
  },
});
