import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { resolve } from 'node:path';
import { type Cluster, KubeConfig } from '@kubernetes/client-node';
import { parse as parseYaml } from 'yaml';
import { Failure } from '../exit.ts';
import { didYouMean } from '../suggest.ts';
import { type ClusterConnection, Remembered } from './connection.ts';
import { type Impersonation, impersonationHeaders, impersonationOf } from './impersonation.ts';
import { proxyUrl, tunnelThrough } from './proxy.ts';

export interface KubeconfigRequest {
  /** Merged in order, as kubectl does; those that do not exist are skipped when there are several. */
  readonly files: readonly string[];
  /** Who named the files: `--kubeconfig`, `$KUBECONFIG`. */
  readonly said: string;
  readonly context: string | undefined;
  readonly directory: string;
}

/** A context of a kubeconfig, with its certificates, tokens and exec plugins (by @kubernetes/client-node). */
export async function kubeconfigConnection(request: KubeconfigRequest): Promise<ClusterConnection> {
  let current = await openContext(request, request.context);
  const { name, where, cluster, plain, proxy, namespace } = current;
  const as = impersonationHeaders(await impersonationIn(request, current.config.getContextObject(name)?.user));
  const options = new Remembered(() => optionsOf(current.config, where));
  const tls = new Remembered(async () => (plain ? {} : tlsOf(await options.get())));
  const first = await options.get(); // what is wrong with them is told now
  return {
    server: cluster.server.replace(/\/+$/, ''),
    name,
    ...(namespace ? { namespace } : {}),
    ...(cluster.skipTLSVerify && !plain ? { skipTlsVerify: true } : {}),
    ...(cluster.tlsServerName ? { serverName: cluster.tlsServerName } : {}),
    ...(plain ? {} : tlsOf(first)),
    ...(proxy && { tunnel: tunnelThrough(proxy) }),
    tls: () => tls.get(),
    headers: async () => ({ ...authorizationOf(await options.get()), ...as }),
    async renew() {
      // client-node keeps the answer of an exec plugin and the token of a file as long as its KubeConfig. A file that
      // is being written at this moment is read the next time.
      current = await openContext(request, name).catch(() => current);
      options.forget();
      tls.forget();
    },
  };
}

/** client-node keeps the user alone, not the groups: what the files say of it, the first that names the user. */
async function impersonationIn(
  { files, directory }: KubeconfigRequest,
  user: string | undefined,
): Promise<Impersonation> {
  for (const file of files) {
    const text = await readFile(resolve(directory, file), 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    const { users = [] } = (parseYaml(text) ?? {}) as { users?: { name?: string; user?: Record<string, unknown> }[] };
    const found = users.find(({ name }) => name === user)?.user;
    if (found !== undefined) return impersonationOf(found);
  }
  return {};
}

interface OpenContext {
  readonly config: KubeConfig;
  readonly name: string;
  readonly where: string;
  readonly cluster: Cluster;
  /** Without TLS. */
  readonly plain: boolean;
  readonly proxy: URL | undefined;
  readonly namespace: string | undefined;
}

async function openContext(request: KubeconfigRequest, context: string | undefined): Promise<OpenContext> {
  const config = await readKubeconfig(request);
  const name = chooseContext(config, { ...request, context });
  config.setCurrentContext(name);
  const cluster = config.getCurrentCluster();
  const where = `the context "${name}" (${request.files.join(':')})`;
  if (!cluster?.server || !URL.canParse(cluster.server)) throw new Failure(`${where} names no cluster with a server`);
  const proxy = cluster.proxyUrl ? proxyUrl(cluster.proxyUrl, `the proxy-url of ${where}`) : undefined;
  const plain = cluster.server.startsWith('http:');
  // client-node refuses plain HTTP otherwise, which `kubectl proxy` serves on loopback.
  if (plain) config.clusters = config.clusters.map((one) => (one === cluster ? { ...one, skipTLSVerify: true } : one));
  return { config, name, where, cluster, plain, proxy, namespace: config.getContextObject(name)?.namespace };
}

async function readKubeconfig({ files, said, directory }: KubeconfigRequest): Promise<KubeConfig> {
  let merged: KubeConfig | undefined;
  for (const file of files) {
    const path = resolve(directory, file);
    const code = await readFile(path).then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error.code ?? 'EIO',
    );
    if (code === 'ENOENT' && files.length > 1) continue;
    if (code !== undefined) {
      const reason = code === 'ENOENT' ? 'no such file' : code;
      throw new Failure(`cannot read the kubeconfig ${file} (${said}): ${reason}; name another with --kubeconfig`);
    }
    const one = parse(path, file);
    if (merged === undefined) merged = one;
    else merged.mergeConfig(withoutKnown(one, merged), true);
  }
  if (merged === undefined) throw new Failure(`none of the kubeconfigs ${files.join(':')} (${said}) exists`);
  return merged;
}

/** Of two files that name the same the first says what it is, as with kubectl; the library refuses it. */
function withoutKnown(config: KubeConfig, { clusters, users, contexts }: KubeConfig): KubeConfig {
  const isNew = (known: readonly { name: string }[]) => (one: { name: string }) =>
    !known.some(({ name }) => name === one.name);
  config.clusters = config.clusters.filter(isNew(clusters));
  config.users = config.users.filter(isNew(users));
  config.contexts = config.contexts.filter(isNew(contexts));
  return config;
}

function parse(path: string, file: string): KubeConfig {
  try {
    const config = new KubeConfig();
    config.loadFromFile(path);
    if (config.clusters.length === 0) throw new Error('it names no cluster');
    return config;
  } catch (cause) {
    const [reason] = String(cause instanceof Error ? cause.message : cause).split('\n');
    throw new Failure(`${file} is no usable kubeconfig: ${reason}`, { cause });
  }
}

function chooseContext(config: KubeConfig, { context, files }: KubeconfigRequest): string {
  const names = config.getContexts().map(({ name }) => name);
  const known = names.length === 0 ? 'it has none' : `it has ${names.join(', ')}`;
  const chosen = context ?? config.getCurrentContext();
  if (!chosen) throw new Failure(`${files.join(':')} has no current context: choose one with --context (${known})`);
  if (!names.includes(chosen)) {
    throw new Failure(`${files.join(':')} has no context "${chosen}"${didYouMean(chosen, names)} (${known})`);
  }
  return chosen;
}

async function optionsOf(config: KubeConfig, where: string): Promise<RequestOptions> {
  const options: RequestOptions = {};
  try {
    await config.applyToHTTPSOptions(options);
    return options;
  } catch (cause) {
    throw new Failure(`${where} gives no credentials: ${whyNone(cause)}`, { cause });
  }
}

/** In one line. An exec plugin that is not there is known by the name of its program. */
function whyNone(cause: unknown): string {
  const { code, path, message } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT' && path !== undefined) return `its program "${path}" is not there, or not on PATH`;
  const [reason] = String(cause instanceof Error ? message : cause).split('\n');
  return reason || 'its exec plugin failed without a word';
}

function tlsOf({ ca, cert, key }: RequestOptions): Pick<ClusterConnection, 'ca' | 'cert' | 'key'> {
  return {
    ...(ca ? { ca: Buffer.from(ca as Buffer) } : {}),
    ...(cert ? { cert: Buffer.from(cert as Buffer) } : {}),
    ...(key ? { key: Buffer.from(key as Buffer) } : {}),
  };
}

function authorizationOf({ headers, auth }: RequestOptions): Record<string, string> {
  const given = (headers as Record<string, string> | undefined)?.Authorization;
  if (given) return { authorization: given };
  return auth ? { authorization: `Basic ${Buffer.from(auth).toString('base64')}` } : {};
}
