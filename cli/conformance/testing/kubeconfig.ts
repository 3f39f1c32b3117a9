import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConformanceServer } from './server.ts';

/** The administrator's kubeconfig of a test server, in a folder of its own. */
export async function writeKubeconfig({ connection, credentials }: ConformanceServer): Promise<KubeconfigFile> {
  const folder = await mkdtemp(join(tmpdir(), 'faultline-conformance-'));
  const base64 = (pem: string): string => Buffer.from(pem).toString('base64');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'test',
        cluster: { server: connection.server, 'certificate-authority-data': base64(credentials.ca) },
      },
    ],
    users: [
      {
        name: 'test',
        user: {
          'client-certificate-data': base64(credentials.cert),
          'client-key-data': base64(credentials.key),
        },
      },
    ],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  };
  const path = join(folder, 'kubeconfig');
  await writeFile(path, JSON.stringify(config), { mode: 0o600 });
  return { path, folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

export interface KubeconfigFile extends AsyncDisposable {
  readonly path: string;
  readonly folder: string;
}
