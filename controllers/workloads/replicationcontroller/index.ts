import { replicaController } from '../replicasets/controller.ts';

/** docs/controllers/workloads-replicationcontroller.md */
export default replicaController({
  apiVersion: 'v1',
  kind: 'ReplicationController',
  owned: 'a controller, such as a DeploymentConfig of OpenShift, are left to whoever knows it',
});
