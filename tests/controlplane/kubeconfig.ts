import type { KeyPair } from './certificates.ts';

export interface KubeconfigOptions {
  readonly server: string;
  readonly caPem: string;
  readonly user: string;
  readonly credentials: KeyPair | { readonly token: string };
  /** Namespace of the context. Default: none, which clients read as `default`. */
  readonly namespace?: string;
}

/** Text of a kubeconfig with one cluster, one user and one context, all embedded. JSON, which every YAML reader takes. */
export function kubeconfig(options: KubeconfigOptions): string {
  const { server, user, credentials, namespace } = options;
  const base64 = (pem: string): string => Buffer.from(pem).toString('base64');
  const userFields =
    'token' in credentials
      ? { token: credentials.token }
      : {
          'client-certificate-data': base64(credentials.certificatePem),
          'client-key-data': base64(credentials.keyPem),
        };
  const document = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority-data': base64(options.caPem) } }],
    users: [{ name: user, user: userFields }],
    contexts: [{ name: 'test', context: { cluster: 'test', user, ...(namespace ? { namespace } : {}) } }],
    'current-context': 'test',
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
