import { readFile } from 'node:fs/promises';
import { type ClusterApi, ClusterApiError } from '../../apiserver/kube/access/index.ts';
import { type Secrets, SecretUnavailable } from '../../apiserver/receivers/index.ts';

// A key that was replaced counts soon; a burst of deliveries asks once.
const KNOWN_MS = 10_000;
const MAX_KEYS = 1_000;

/**
 * Keys of signatures: Secrets of the cluster, one by one as a Role allows them, and files that the configuration names.
 * Without `api` there are files only.
 */
export function receiverSecrets(api: ClusterApi | undefined, now: () => number): Secrets {
  const known = new Map<string, { readonly key: Promise<string>; readonly until: number }>();

  function remembered(name: string, read: () => Promise<string>): Promise<string> {
    const found = known.get(name);
    if (found !== undefined && found.until > now()) return found.key;
    if (known.size >= MAX_KEYS) known.clear();
    const key = read();
    known.set(name, { key, until: now() + KNOWN_MS });
    // What failed is asked again by the next delivery.
    key.catch(() => known.delete(name));
    return key;
  }

  return {
    read: ({ namespace, name, key }) =>
      remembered(`secret ${namespace}/${name}/${key}`, () => readSecretKey(api, namespace, name, key)),
    readFile: (path) =>
      remembered(`file ${path}`, () =>
        readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
          throw new SecretUnavailable(`cannot read ${path}: ${cause.code}`, { cause });
        }),
      ),
  };
}

async function readSecretKey(
  api: ClusterApi | undefined,
  namespace: string,
  name: string,
  key: string,
): Promise<string> {
  const secret = `Secret ${namespace}/${name}`;
  if (api === undefined) {
    throw new SecretUnavailable(`${secret} cannot be read: there is no cluster; use secretFile in faultline.yaml`);
  }
  const answer = await api.get(`/api/v1/namespaces/${namespace}/secrets/${name}`).catch((cause: unknown) => {
    const code = cause instanceof ClusterApiError ? cause.status : undefined;
    const advice = code === 403 ? ': allow the server get on it with a Role (docs/receivers.md)' : '';
    throw new SecretUnavailable(`${secret} cannot be read (${code ?? 'no answer'})${advice}`, { cause });
  });
  const value = (answer as { data?: Readonly<Record<string, unknown>> }).data?.[key];
  if (typeof value !== 'string') throw new SecretUnavailable(`${secret} has no key ${key}`);
  return Buffer.from(value, 'base64').toString('utf8');
}
