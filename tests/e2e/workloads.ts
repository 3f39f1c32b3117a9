import type { ControlPlane } from '../controlplane/control-plane.ts';

/** Objects as the controllers of Kubernetes would leave them: none of those runs in these tests. */

const since = new Date(Date.now() - 3_600_000).toISOString();

export const condition = (type: string, status: string, reason = 'Test'): object => ({
  ...{ type, status, reason, message: '', lastTransitionTime: since },
});

async function send(plane: ControlPlane, path: string, method: 'POST' | 'PATCH' | 'DELETE', body?: object) {
  const headers = { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' };
  const response = await plane.request(path, { method, headers, ...(body && { body }) });
  if (response.status > 201) throw new Error(`${method} ${path}: ${response.status} ${response.body}`);
  return JSON.parse(response.body) as { metadata: { uid: string } };
}

/** Creates an object and gives it a status; answers its uid. */
export async function create(plane: ControlPlane, path: string, object: object, status?: object): Promise<string> {
  const { metadata } = await send(plane, path, 'POST', object);
  const { name } = (object as { metadata: { name: string } }).metadata;
  if (status !== undefined) await setStatus(plane, `${path}/${name}`, status);
  return metadata.uid;
}

export async function setStatus(plane: ControlPlane, path: string, status: object): Promise<void> {
  await send(plane, `${path}/status`, 'PATCH', { status });
}

export async function remove(plane: ControlPlane, path: string): Promise<void> {
  // Otherwise a Job waits for the garbage collector to orphan its Pods, and none runs.
  await send(plane, `${path}?propagationPolicy=Background&gracePeriodSeconds=0`, 'DELETE');
}

const template = (restartPolicy: string): object => ({
  metadata: { labels: { app: 'web' } },
  spec: { restartPolicy, containers: [{ name: 'app', image: 'registry.example/app:1' }] },
});

const selector = { matchLabels: { app: 'web' } };

/** A Deployment that is down, with a ReplicaSet and a Pod that crashes again and again. */
export async function createBrokenDeployment(plane: ControlPlane, namespace: string): Promise<void> {
  const apps = `/apis/apps/v1/namespaces/${namespace}`;
  const deployment = await create(
    plane,
    `${apps}/deployments`,
    { metadata: { name: 'web' }, spec: { replicas: 1, selector, template: template('Always') } },
    { observedGeneration: 1, conditions: [condition('Available', 'False', 'MinimumReplicasUnavailable')] },
  );
  const owned = (apiVersion: string, kind: string, name: string, uid: string): object[] => [
    { apiVersion, kind, name, uid, controller: true },
  ];
  const replicaSet = await create(plane, `${apps}/replicasets`, {
    metadata: {
      name: 'web-1',
      labels: { app: 'web' },
      ownerReferences: owned('apps/v1', 'Deployment', 'web', deployment),
    },
    spec: { replicas: 1, selector, template: template('Always') },
  });
  const terminated = { exitCode: 3, reason: 'Error', startedAt: since, finishedAt: since };
  await create(
    plane,
    `/api/v1/namespaces/${namespace}/pods`,
    {
      ...template('Always'),
      metadata: { name: 'web-1-a', ownerReferences: owned('apps/v1', 'ReplicaSet', 'web-1', replicaSet) },
    },
    {
      phase: 'Running',
      containerStatuses: [
        {
          ...{ name: 'app', image: '', imageID: '', ready: false, restartCount: 5 },
          ...{ state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: { terminated } },
        },
      ],
    },
  );
}

export async function createFailedJob(plane: ControlPlane, namespace: string, name: string): Promise<void> {
  await create(
    plane,
    `/apis/batch/v1/namespaces/${namespace}/jobs`,
    { metadata: { name }, spec: { template: template('Never') } },
    {
      ...{ startTime: since, failed: 1 },
      conditions: [
        condition('FailureTarget', 'True', 'BackoffLimitExceeded'),
        condition('Failed', 'True', 'BackoffLimitExceeded'),
      ],
    },
  );
}
