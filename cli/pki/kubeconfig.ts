import { stringify } from 'yaml';
import { replaceFile } from './atomic-file.ts';
import type { CertificateAndKey } from './certificates.ts';

export interface KubeconfigOptions {
  /** `https://127.0.0.1:7443`. */
  readonly server: string;
  /** PEM of the authority that signed the serving certificate. */
  readonly ca: string;
  /** Who kubectl is. */
  readonly client: CertificateAndKey;
  /** Name of the cluster and of the context. */
  readonly name?: string;
  /** Name of the user entry; no more than a label in the file. */
  readonly user?: string;
  /** The namespace of the context; kubectl's own default is `default`. */
  readonly namespace?: string;
}

/** Replaces `path` (by rename, 0600) with a kubeconfig of one context that carries its certificates inline. */
export async function writeKubeconfig(path: string, options: KubeconfigOptions): Promise<void> {
  await replaceFile(path, kubeconfig(options), 0o600);
}

/** The text of that kubeconfig. */
export function kubeconfig({
  server,
  ca,
  client,
  name = 'faultline',
  user = 'faultline-admin',
  namespace,
}: KubeconfigOptions): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'certificate-authority-data': base64(ca) } }],
    users: [
      {
        name: user,
        user: { 'client-certificate-data': base64(client.cert), 'client-key-data': base64(client.key) },
      },
    ],
    contexts: [{ name, context: { cluster: name, user, ...(namespace === undefined ? {} : { namespace }) } }],
    'current-context': name,
  });
}

function base64(pem: string): string {
  return Buffer.from(pem).toString('base64');
}
