import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ControlPlane } from '../controlplane/control-plane.ts';

/** A ServiceAccount whose tokens can be made worthless, and a kubeconfig that reads its token from an exec plugin. */
export interface Watcher {
  readonly kubeconfig: string;
  /** Puts a new token where the plugin finds it. Answers it. */
  renew(): Promise<string>;
  /** No token that was issued before is worth anything, within the 10 s for which kube-apiserver remembers them. */
  revoke(): Promise<void>;
}

/** `role`: a ClusterRole, in that namespace. `server`: as the kubeconfig names the API server. */
export async function watcherOf(
  plane: ControlPlane,
  { namespace, role, server, dir }: Readonly<Record<'namespace' | 'role' | 'server' | 'dir', string>>,
): Promise<Watcher> {
  const name = 'watcher';
  const path = `/api/v1/namespaces/${namespace}`;
  const made = async (where: string, body: object): Promise<string> => {
    const answer = await plane.request(where, { method: 'POST', body });
    if (answer.status !== 201) throw new Error(`${where}: ${answer.status} ${answer.body}`);
    return answer.body;
  };
  await made(`${path}/serviceaccounts`, { metadata: { name } });
  await made(`/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/rolebindings`, {
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: [{ kind: 'ServiceAccount', name, namespace }],
  });
  const credential = join(dir, 'credential.json');
  const kubeconfig = join(dir, 'watcher.kubeconfig');
  const exec = {
    ...{ apiVersion: 'client.authentication.k8s.io/v1', command: 'cat', args: [credential] },
    interactiveMode: 'Never',
  };
  await writeFile(
    kubeconfig,
    JSON.stringify({
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'work' },
      clusters: [
        {
          name: 'work',
          cluster: {
            server,
            'certificate-authority-data': Buffer.from(plane.servingCa.certificatePem).toString('base64'),
          },
        },
      ],
      users: [{ name, user: { exec } }],
      contexts: [{ name: 'work', context: { cluster: 'work', user: name, namespace } }],
    }),
    { mode: 0o600 },
  );
  let issued = 0;
  return {
    kubeconfig,
    async renew() {
      // A token that is bound to a Secret ends with it.
      const bound = `token-${++issued}`;
      await made(`${path}/secrets`, { metadata: { name: bound } });
      const spec = { expirationSeconds: 3_600, boundObjectRef: { kind: 'Secret', apiVersion: 'v1', name: bound } };
      const { token } = (
        JSON.parse(await made(`${path}/serviceaccounts/${name}/token`, { spec })) as {
          status: { token: string };
        }
      ).status;
      const status = { token };
      const { apiVersion } = exec;
      await writeFile(credential, JSON.stringify({ apiVersion, kind: 'ExecCredential', status }), { mode: 0o600 });
      return token;
    },
    async revoke() {
      for (let at = 1; at <= issued; at++) await plane.request(`${path}/secrets/token-${at}`, { method: 'DELETE' });
    },
  };
}
