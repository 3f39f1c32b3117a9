import { type CataloguedFinding, defineFindings } from '../../index.ts';
import { POD_ENTRIES } from '../pods/catalogue.ts';
import { CREATION_ENTRIES } from '../replicas/catalogue.ts';

const declared = defineFindings({
  NoReplicasAvailable: {
    key: 'availability',
    type: 'workload',
    severity: 'critical',
    meaning: 'It has wanted replicas and none available for longer than `unavailableFor`.',
    remedy: 'The findings `pod/…` of the same Deployment, or the Events of its Pods, say why.',
  },
  ReplicasUnavailable: {
    key: 'availability',
    type: 'workload',
    severity: 'major',
    meaning:
      'It has had fewer available replicas than its strategy allows (`Available=False`) for longer than `unavailableFor`; `minor` while its strategy allows so few, no rollout is in progress, and Pods of it have not been ready for that long.',
    remedy: 'The findings `pod/…` of the same Deployment, or the Events of its Pods, say why.',
  },
  ProgressDeadlineExceeded: {
    key: 'rollout',
    type: 'workload',
    severity: 'major',
    meaning:
      'A rollout has made no progress for `spec.progressDeadlineSeconds`. One that is in progress is no finding.',
    remedy: 'Correct the template, or go back: kubectl rollout undo.',
  },
  ...CREATION_ENTRIES,
  ...POD_ENTRIES,
});

export const FINDINGS = {
  ...declared,
  catalogue: declared.catalogue.map(
    (entry): CataloguedFinding =>
      entry.reason === 'ReplicasUnavailable' ? { ...entry, severity: ['major', 'minor'] } : entry,
  ),
};
