import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { ClusterConnection } from './connection.ts';
import { impersonationHeaders, impersonationOf } from './impersonation.ts';
import { plainYaml } from './plain-yaml.ts';

/**
 * The connection of a kubeconfig that holds only what a file can say: a server, certificates, a token. Undefined for
 * everything else (exec plugins, OIDC, proxies, several files, and whatever is wrong with it), which
 * `kubeconfigConnection` understands and explains: its library costs half a second of CPU at every start.
 */
export async function plainConnection(
  file: string,
  context: string | undefined,
  directory: string,
): Promise<ClusterConnection | undefined> {
  const path = resolve(directory, file);
  try {
    return await connectionOf(await readDocument(path), context, dirname(path));
  } catch {
    return undefined;
  }
}

interface Document {
  readonly 'current-context'?: string;
  readonly contexts: readonly { name: string; context: { cluster: string; user?: string; namespace?: string } }[];
  readonly clusters: readonly { name: string; cluster: Readonly<Record<string, unknown>> }[];
  readonly users?: readonly { name: string; user?: Readonly<Record<string, unknown>> }[];
}

const CLUSTER_KEYS = new Set([
  ...['server', 'certificate-authority', 'certificate-authority-data', 'insecure-skip-tls-verify', 'tls-server-name'],
]);
const USER_KEYS = new Set([
  ...['client-certificate', 'client-certificate-data', 'client-key', 'client-key-data', 'token'],
]);
const AS_KEYS = new Set(['as', 'as-groups', 'as-uid', 'as-user-extra']);

async function readDocument(path: string): Promise<Document> {
  const text = await readFile(path, 'utf8');
  if (text.trimStart().startsWith('{')) return JSON.parse(text) as Document;
  const plain = plainYaml(text);
  if (plain !== undefined) return plain as Document;
  const { parse } = await import('yaml');
  return parse(text) as Document;
}

async function connectionOf(
  document: Document,
  context: string | undefined,
  folder: string,
): Promise<ClusterConnection | undefined> {
  const name = context ?? document['current-context'];
  const chosen = document.contexts.find((each) => each.name === name)?.context;
  const cluster = document.clusters.find((each) => each.name === chosen?.cluster)?.cluster;
  const user = document.users?.find((each) => each.name === chosen?.user)?.user ?? {};
  if (name === undefined || chosen === undefined || cluster === undefined) return undefined;
  const server = text(cluster.server);
  if (server === undefined || !/^https?:\/\//.test(server) || !URL.canParse(server)) return undefined;
  const plainOnly =
    onlyHas(cluster, CLUSTER_KEYS) &&
    Object.entries(user).every(([key, value]) => AS_KEYS.has(key) || (USER_KEYS.has(key) && typeof value === 'string'));
  if (!plainOnly) return undefined;
  const token = text(user.token);
  const serverName = text(cluster['tls-server-name']);
  return {
    server: server.replace(/\/+$/, ''),
    name,
    ...(text(chosen.namespace) !== undefined && { namespace: chosen.namespace as string }),
    ...(server.startsWith('https:') && (await tlsOf(cluster, user, folder))),
    ...(cluster['insecure-skip-tls-verify'] === true && server.startsWith('https:') && { skipTlsVerify: true }),
    ...(serverName !== undefined && { serverName }),
    headers: async () => ({
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...impersonationHeaders(impersonationOf(user)),
    }),
  };
}

async function tlsOf(
  cluster: Readonly<Record<string, unknown>>,
  user: Readonly<Record<string, unknown>>,
  folder: string,
): Promise<Pick<ClusterConnection, 'ca' | 'cert' | 'key'>> {
  const [ca, cert, key] = await Promise.all([
    material(cluster, 'certificate-authority', folder),
    material(user, 'client-certificate', folder),
    material(user, 'client-key', folder),
  ]);
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}

/** The data wins over the file, as in kubectl. */
async function material(
  from: Readonly<Record<string, unknown>>,
  key: string,
  folder: string,
): Promise<Buffer | undefined> {
  const data = text(from[`${key}-data`]);
  if (data !== undefined) return Buffer.from(data, 'base64');
  const file = text(from[key]);
  return file === undefined ? undefined : await readFile(resolve(folder, file));
}

function onlyHas(record: Readonly<Record<string, unknown>>, known: ReadonlySet<string>): boolean {
  return Object.keys(record).every((key) => known.has(key));
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
