import { defineFindings } from '../../index.ts';

export const FINDINGS = defineFindings({
  VolumeLost: {
    key: 'volume',
    type: 'workload',
    severity: 'critical',
    meaning: 'The volume that the claim was bound to does not exist any more (phase `Lost`).',
    remedy: 'Restore the PersistentVolume, or the data from a backup into a new claim.',
  },
  StorageClassMissing: {
    key: 'volume',
    type: 'workload',
    severity: 'major',
    meaning: 'The claim names a StorageClass that the cluster does not have, for longer than `pendingFor`.',
    remedy: 'Create the class, or a claim with one of those that there are.',
  },
  VolumePending: {
    key: 'volume',
    type: 'workload',
    severity: 'major',
    meaning:
      'The claim has had no volume for longer than `pendingFor`. A claim whose class waits for the first Pod, and that no Pod uses yet, is no finding.',
    remedy: 'See the Events of the claim: they have the answer of the provisioner.',
  },
  ResizeFailed: {
    key: 'resize',
    type: 'workload',
    severity: 'major',
    meaning: 'The volume could not be made larger: the storage or the node refused.',
    remedy: 'The message has the answer of the storage. Since Kubernetes 1.34 a smaller size may be asked for.',
  },
});
