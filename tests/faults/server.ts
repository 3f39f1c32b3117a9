import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Agent } from 'undici';
import { parse } from 'yaml';
import { Child, logTail } from '../controlplane/child.ts';
import { freePort } from '../controlplane/ports.ts';

const BIN = join(import.meta.dirname, '../../dist/cli/bin.js');
const READY_MS = 60_000;

export interface ServerOptions {
  readonly name: string;
  /** A folder of this server's own, below one that all share. */
  readonly dir: string;
  /** A folder source without objects: replicas of one cluster share it. */
  readonly cluster: string;
  /** Absent: PGlite in its state folder. */
  readonly databaseUrl?: string;
}

/**
 * The built `faultline up` without controllers: one replica on a PostgreSQL, or alone on PGlite. It is the whole server
 * with TLS, certificates and the local authorizer, and it starts in a second because no cluster belongs to it.
 */
export class Server implements AsyncDisposable {
  readonly name: string;
  readonly origin: string;
  readonly logPath: string;
  readonly #options: ServerOptions;
  readonly #port: number;
  #child: Child | undefined;
  #agents: Readonly<Record<'GET' | 'POST', Agent>> | undefined;

  private constructor(options: ServerOptions, port: number) {
    this.name = options.name;
    this.origin = `https://127.0.0.1:${port}`;
    this.logPath = join(options.dir, 'server.log');
    this.#options = options;
    this.#port = port;
  }

  static async start(options: ServerOptions): Promise<Server> {
    const { dir, cluster, databaseUrl } = options;
    await mkdir(dir, { recursive: true });
    const server = { listen: '127.0.0.1:7443' };
    await writeFile(join(dir, 'database-url'), databaseUrl ?? '', { mode: 0o600 });
    const configuration = {
      apiVersion: 'config.faultline.dev/v1alpha1',
      kind: 'FaultlineConfiguration',
      cluster: { folder: cluster },
      server: databaseUrl === undefined ? server : { ...server, databaseUrlFile: join(dir, 'database-url') },
      controllers: [{ use: 'tekton/pipelinerun', enabled: false }],
    };
    await writeFile(join(dir, 'faultline.yaml'), JSON.stringify(configuration)); // JSON is YAML
    const started = new Server(options, await freePort());
    await started.run();
    return started;
  }

  /** Runs again after `kill`. Answers when it serves; with `waitMs` 0 as soon as the process is there. */
  async run(waitMs = READY_MS): Promise<void> {
    const { name, dir } = this.#options;
    this.#child = await Child.start({
      name,
      command: process.execPath,
      args: [
        BIN,
        'up',
        `--config=${join(dir, 'faultline.yaml')}`,
        `--state-dir=${join(dir, 'state')}`,
        `--listen=127.0.0.1:${this.#port}`,
      ],
      logPath: this.logPath,
    });
    if (waitMs > 0) await this.ready(waitMs);
  }

  /** Resolves when its feed serves issues. */
  async ready(waitMs = READY_MS): Promise<void> {
    await this.#child?.until('serving issues', async () => (await this.get('/readyz/feed')).status === 200, waitMs);
  }

  /** `kill -9`. */
  async kill(): Promise<void> {
    await this.#child?.stop('SIGKILL');
  }

  /** The end of its log when it has ended by itself; it is started again. */
  async died(): Promise<string | undefined> {
    if (!this.#child?.ended) return undefined;
    const account = `${this.name} ended with ${this.#child.ended}: ${logTail(await this.log(), 12)}`;
    await this.run();
    return account;
  }

  /** Freezes it: its connections stay open and it goes on later as if nothing had been. */
  pause(): void {
    process.kill(this.#running, 'SIGSTOP');
  }

  resume(): void {
    process.kill(this.#running, 'SIGCONT');
  }

  get(path: string, timeoutMs = 10_000): Promise<Answer> {
    return this.#request('GET', path, undefined, timeoutMs);
  }

  post(path: string, body: unknown, timeoutMs = 10_000): Promise<Answer> {
    return this.#request('POST', path, body, timeoutMs);
  }

  /** Lines of a watch; ends when the server ends it, throws when the connection breaks. */
  async *watch(path: string, signal: AbortSignal): AsyncGenerator<string, number> {
    const { GET: agent } = await this.#clients();
    const { statusCode, body } = await agent.request({ origin: this.origin, path, method: 'GET', signal });
    let rest = '';
    for await (const chunk of body) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      if (statusCode === 200) yield* lines;
    }
    return statusCode;
  }

  /** A sample of its metrics; 0 when it has none of that name. */
  async metric(name: string): Promise<number> {
    const { text } = await this.get('/metrics');
    return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? ([\\d.e+]+)$`, 'm').exec(text)?.[1] ?? 0);
  }

  async log(): Promise<string> {
    return readFile(this.logPath, 'utf8');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await Promise.all(Object.values(this.#agents ?? {}).map((agent) => agent.destroy()));
  }

  get #running(): number {
    if (!this.#child || this.#child.ended) throw new Error(`${this.name} does not run`);
    return this.#child.pid;
  }

  async #request(method: 'GET' | 'POST', path: string, body: unknown, timeoutMs: number): Promise<Answer> {
    const agents = await this.#clients();
    const answer = await agents[method].request({
      origin: this.origin,
      path,
      method,
      signal: AbortSignal.timeout(timeoutMs),
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.statusCode, text: await answer.body.text() };
  }

  /** As the administrator of its kubeconfig, which it writes before it serves. Who asks does not queue behind reports. */
  async #clients(): Promise<Readonly<Record<'GET' | 'POST', Agent>>> {
    if (this.#agents) return this.#agents;
    const text = await readFile(join(this.#options.dir, 'state/kubeconfig'), 'utf8');
    const { clusters, users } = parse(text) as Kubeconfig;
    const decode = (base64: string) => Buffer.from(base64, 'base64').toString();
    const [{ user }] = users;
    const connect = {
      ca: decode(clusters[0].cluster['certificate-authority-data']),
      cert: decode(user['client-certificate-data']),
      key: decode(user['client-key-data']),
    };
    const agent = () => new Agent({ connections: 64, connect });
    this.#agents = { GET: agent(), POST: agent() };
    return this.#agents;
  }
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

interface Kubeconfig {
  readonly clusters: [{ readonly cluster: { readonly 'certificate-authority-data': string } }];
  readonly users: [
    { readonly user: { readonly 'client-certificate-data': string; readonly 'client-key-data': string } },
  ];
}
