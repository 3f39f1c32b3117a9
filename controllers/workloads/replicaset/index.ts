import { replicaController } from '../replicasets/controller.ts';

/** docs/controllers/workloads-replicaset.md */
export default replicaController({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  owned:
    'a Deployment are part of it (workloads/deployment), and those of another controller, such as a Rollout of Argo, are left to whoever knows it',
});
