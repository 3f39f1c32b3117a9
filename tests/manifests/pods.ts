/**
 * What a kubelet does with a Deployment, as far as our processes notice: the container of its first pod with the command,
 * environment, files, identity and root file system that the object at the API server says. Needs root, and util-linux.
 */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Child } from '../controlplane/child.ts';
import type { ControlPlane } from '../controlplane/control-plane.ts';
import type { Container, Deployment, Probe, Volume } from './render.ts';

export interface PodOptions {
  readonly plane: ControlPlane;
  readonly namespace: string;
  /** Name of the Deployment. */
  readonly deployment: string;
  /** What the image holds, as image.ts assembles it. */
  readonly image: string;
  /** Where the pod's files and its log come; one folder is one pod. */
  readonly dir: string;
  /** Lines of /etc/hosts, name → address: Services. */
  readonly hosts: Readonly<Record<string, string>>;
}

/** As OpenShift gives one to a namespace: what runs as that can run as anybody. */
const UID = 1_000_650_000;
const LOOK_MS = 100;
/** A kubelet tries to mount again after this long, then twice as long, … 2 min. */
const FIRST_RETRY_MS = 500;

/** Starts it as soon as the Deployment and what it mounts are there. */
export async function startPod(options: PodOptions): Promise<Pod> {
  if (process.getuid?.() !== 0)
    throw new Error('pods of tests are processes in namespaces of their own: run this as root');
  const { plane, namespace, deployment: name, dir } = options;
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
  const { spec } = (await present(plane, path)) as Deployment;
  const { containers, volumes, serviceAccountName } = spec.template.spec;
  const [container] = containers;
  if (!container) throw new Error(`${path} has no container`);
  await mkdir(dir, { recursive: true });
  const mounts = await mountsOf(container, volumes, options);
  mounts.push(['ro', await serviceAccountFiles(options, serviceAccountName), SERVICE_ACCOUNT]);
  await writeFile(join(dir, 'hosts'), hostsFile(options.hosts));
  await writeFile(join(dir, 'mounts'), mounts.map((mount) => `${mount.join(' ')}\n`).join(''));
  const { hostname, port } = new URL(plane.url);
  const env = {
    ...Object.fromEntries(container.env.map(({ name: variable, value = '' }) => [variable, value])),
    KUBERNETES_SERVICE_HOST: hostname,
    KUBERNETES_SERVICE_PORT: port,
    HOME: '/',
  };
  const child = await Child.start({
    name,
    command: 'unshare',
    args: [
      '--mount',
      '--propagation=private',
      'sh',
      '-euc',
      RUN,
      'sh',
      options.image,
      dir,
      String(UID),
      ...container.args,
    ],
    logPath: join(dir, 'log'),
    env,
  });
  return new Pod(child, container);
}

export class Pod implements AsyncDisposable {
  readonly child: Child;
  readonly #container: Container;

  constructor(child: Child, container: Container) {
    this.child = child;
    this.#container = container;
  }

  portOf(name: string): number {
    const found = this.#container.ports.find((port) => port.name === name);
    if (!found) throw new Error(`${this.#container.name} has no port ${name}`);
    return found.containerPort;
  }

  /** Until its readiness probe succeeds. */
  async ready(timeoutMs = 60_000): Promise<void> {
    await this.child.until('ready', () => this.#probe(this.#container.readinessProbe), timeoutMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.child.stop('SIGTERM', 30_000);
  }

  async #probe({ httpGet: { path, port, scheme = 'HTTP' } }: Probe): Promise<boolean> {
    const number = typeof port === 'number' ? port : this.portOf(port);
    return (await statusOf(`${scheme.toLowerCase()}://127.0.0.1:${number}${path}`)) === 200;
  }
}

/** As a kubelet asks: without looking at the certificate. */
function statusOf(url: string): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  const options = { rejectUnauthorized: false, timeout: 2_000, agent: false } as const;
  const answered = (incoming: IncomingMessage): void => {
    incoming.resume();
    resolve(incoming.statusCode);
  };
  const outgoing = url.startsWith('https:') ? tlsRequest(url, options, answered) : request(url, options, answered);
  outgoing.once('timeout', () => outgoing.destroy());
  outgoing.once('error', reject);
  outgoing.end();
  return promise;
}

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** `ro` or `rw`, where the files are, and where the container sees them. */
type Mount = [mode: 'ro' | 'rw', from: string, to: string];

async function mountsOf(container: Container, volumes: readonly Volume[], options: PodOptions): Promise<Mount[]> {
  const mounts: Mount[] = [];
  for (const { name, mountPath, readOnly } of container.volumeMounts) {
    const volume = volumes.find((one) => one.name === name);
    if (!volume) throw new Error(`${container.name} mounts ${name}, which is no volume`);
    const from = join(options.dir, 'volumes', name);
    const isStorage = volume.emptyDir !== undefined || volume.persistentVolumeClaim !== undefined;
    // World-writable, as the kubelet makes an emptyDir; of a claim an fsGroup takes care.
    await mkdir(from, { recursive: true });
    if (isStorage) await chmod(from, 0o777);
    else await writeAll(from, await contents(volume, options));
    mounts.push([readOnly === true || !isStorage ? 'ro' : 'rw', from, mountPath]);
  }
  return mounts;
}

/** The files of a ConfigMap or a Secret, once it exists. */
async function contents({ configMap, secret }: Volume, { plane, namespace }: PodOptions): Promise<Map<string, Buffer>> {
  const [plural, name, encoding] = secret
    ? (['secrets', secret.secretName, 'base64'] as const)
    : (['configmaps', configMap?.name ?? '', 'utf8'] as const);
  const items = (secret ?? configMap)?.items;
  const path = `/api/v1/namespaces/${namespace}/${plural}/${name}`;
  for (let pause = FIRST_RETRY_MS; ; pause = Math.min(2 * pause, 120_000)) {
    const { data = {} } = (await present(plane, path)) as { data?: Record<string, string> };
    const wanted = items ?? Object.keys(data).map((key) => ({ key, path: key }));
    // A key that is not there yet holds the pod up.
    if (wanted.every(({ key }) => key in data)) {
      return new Map(wanted.map((item) => [item.path, Buffer.from(data[item.key] ?? '', encoding)]));
    }
    await sleep(pause);
  }
}

async function serviceAccountFiles({ plane, namespace, dir }: PodOptions, account: string): Promise<string> {
  const folder = join(dir, 'serviceaccount');
  await mkdir(folder, { recursive: true });
  const token = await plane.serviceAccountToken(namespace, account);
  const files = { 'ca.crt': plane.caPem, token, namespace };
  await writeAll(folder, new Map(Object.entries(files).map(([name, text]) => [name, Buffer.from(text)])));
  return folder;
}

async function writeAll(folder: string, files: ReadonlyMap<string, Buffer>): Promise<void> {
  for (const [name, content] of files) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content, { mode: 0o644 });
  }
}

function hostsFile(hosts: Readonly<Record<string, string>>): string {
  const lines = Object.entries({ localhost: '127.0.0.1', ...hosts }).map(([name, address]) => `${address} ${name}\n`);
  return lines.join('');
}

/** The object, when it is there: a kubelet hears of it by itself. */
async function present(plane: ControlPlane, path: string): Promise<unknown> {
  for (;;) {
    const { status, body } = await plane.request(path);
    if (status === 200) return JSON.parse(body);
    if (status !== 404) throw new Error(`GET ${path}: ${status} ${body}`);
    await sleep(LOOK_MS);
  }
}

/**
 * A root of its own: the image, below it what a base image brings (this machine's libraries), the mounts; all of it read-only
 * but for the mounts that are not. Every step replaces the process before it, so the pid stays the one that was started.
 */
const RUN = `
image=$1 dir=$2 uid=$3
shift 3
root=$dir/root
mkdir -p "$root"
mount -t tmpfs -o mode=755 tmpfs "$root"
mkdir -p "$root/etc" "$root/proc" "$root/dev"
for system in lib lib64 usr/lib usr/lib64; do
  [ -d "/$system" ] || continue
  mkdir -p "$root/$system"
  mount --bind "/$system" "$root/$system"
  mount -o remount,ro,bind "$root/$system"
done
for part in "$image"/*; do
  mkdir -p "$root/\${part##*/}"
  mount --bind "$part" "$root/\${part##*/}"
  mount -o remount,ro,bind "$root/\${part##*/}"
done
cp "$dir/hosts" "$root/etc/hosts"
echo 'hosts: files dns' > "$root/etc/nsswitch.conf"
mount --bind /proc "$root/proc"
mount --rbind /dev "$root/dev"
while read -r mode from to; do
  mkdir -p "$root$to"
  mount --bind "$from" "$root$to"
  [ "$mode" = rw ] || mount -o remount,ro,bind "$root$to"
done < "$dir/mounts"
mount -o remount,ro "$root"
exec unshare --root="$root" --wd=/app --setgid=0 --setuid="$uid" /nodejs/bin/node dist/cli/bin.js "$@"`;
