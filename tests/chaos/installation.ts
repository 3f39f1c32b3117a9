import { type Installation, install } from '../e2e/installation.ts';
import { chaosCrds } from './cluster.ts';

const GROUP = 'rbac.authorization.k8s.io';

/** A cluster with the kinds of the chaos and a server, without controllers: each seed has its own. */
export async function startInstallation(): Promise<Installation> {
  const installation = await install({ namespaces: [], controlPlane: { readyTimeoutMs: 180_000 } });
  try {
    await installation.stopControllers();
    const name = 'chaos';
    const rules = [
      { apiGroups: ['chaos.example.com'], resources: ['*'], verbs: ['get', 'list', 'watch'] },
      { apiGroups: ['faultline.dev'], resources: ['sources'], verbs: ['report'] },
    ];
    const subjects = [{ kind: 'ServiceAccount', name: 'faultline-controllers', namespace: 'faultline-system' }];
    const items = [
      ...chaosCrds(),
      { apiVersion: `${GROUP}/v1`, kind: 'ClusterRole', metadata: { name }, rules },
      {
        apiVersion: `${GROUP}/v1`,
        kind: 'ClusterRoleBinding',
        metadata: { name },
        roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name },
        subjects,
      },
    ];
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
    const { code, stderr } = await installation.kubectl(['apply', '--server-side', '-f', '-'], { input });
    if (code !== 0) throw new Error(`kubectl apply: ${stderr}`);
    return installation;
  } catch (error) {
    await installation[Symbol.asyncDispose]();
    throw error;
  }
}
