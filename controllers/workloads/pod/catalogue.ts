import { defineFindings } from '../../index.ts';
import { POD_ENTRIES } from '../pods/catalogue.ts';

export const FINDINGS = defineFindings({
  ...POD_ENTRIES,
  ContainerFailed: {
    key: 'pod/<container>',
    type: 'workload',
    severity: 'major',
    meaning: 'The Pod is over (`restartPolicy: Never`), and a container of it ended with another exit code than 0.',
    remedy: 'Read its log: `faultline evidence` has the end of it. Delete the Pod when it is not needed any more.',
  },
  Evicted: {
    key: 'phase',
    type: 'workload',
    severity: 'minor',
    meaning: 'The node evicted the Pod because it ran out of memory, disk or processes. Nothing starts it again.',
    remedy: 'Give it requests that say what it needs, and a controller that starts it again.',
  },
  PodFailed: {
    key: 'phase',
    type: 'workload',
    severity: 'major',
    meaning: 'The Pod is over and failed as a whole: its deadline passed, its node went away or refused it.',
  },
});
