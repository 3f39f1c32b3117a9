import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Child } from '../controlplane/child.ts';
import { freePort } from '../controlplane/ports.ts';
import { faultline, node } from '../e2e/installation.ts';

export interface ControllersOptions {
  readonly dir: string;
  /** For messages, and of its files. */
  readonly name: string;
  readonly server: string;
  readonly kubeconfig: string;
  /** A duration. */
  readonly relistPeriod: string;
  readonly args?: readonly string[];
}

export interface Memory {
  readonly heapUsed: number;
  readonly external: number;
  readonly sockets: number;
}

const PLUGINS = join(import.meta.dirname, 'plugins', 'faultline.yaml');

/** The built `faultline controllers` with the plugins of this folder, and what its metrics say, over all its restarts. */
export class ControllersProcess implements AsyncDisposable {
  readonly #options: ControllersOptions;
  readonly #port: number;
  readonly #ending = new AbortController();
  readonly #watching: Promise<void>;
  #child: Child | undefined;
  /** Of processes that are gone. */
  #missedBefore = 0;
  #missed = 0;
  starts = 0;

  private constructor(options: ControllersOptions, port: number) {
    this.#options = options;
    this.#port = port;
    this.#watching = this.#watch(this.#ending.signal);
  }

  static async start(options: ControllersOptions): Promise<ControllersProcess> {
    const controllers = new ControllersProcess(options, await freePort());
    await mkdir(controllers.#probe, { recursive: true });
    await controllers.run();
    return controllers;
  }

  /** Starts again after `kill`; does not wait until it is ready. */
  async run(): Promise<void> {
    const { dir, name, server, kubeconfig, relistPeriod, args = [] } = this.#options;
    this.starts++;
    this.#missedBefore += this.#missed;
    this.#missed = 0;
    this.#child = await Child.start({
      name,
      command: node,
      args: [
        `--import=${join(import.meta.dirname, 'probe.ts')}`,
        faultline,
        'controllers',
        `--server=${server}`,
        `--server-ca-file=${join(dir, 'serving-ca.pem')}`,
        `--token-file=${join(dir, 'controllers.token')}`,
        `--kubeconfig=${kubeconfig}`,
        `--config=${PLUGINS}`,
        `--metrics-listen=127.0.0.1:${this.#port}`,
        `--relist-period=${relistPeriod}`,
        ...args,
      ],
      logPath: join(dir, `${name}.log`),
      env: { FAULTLINE_CHAOS_PROBE: this.#probe },
    });
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    await this.#child?.stop(signal, 10_000);
  }

  get ended(): string | undefined {
    return this.#child?.ended;
  }

  /** Resolves when its first lists are decided. */
  async ready(): Promise<void> {
    await this.#child?.until('ready', async () => (await this.#get('/readyz')).status === 200, 60_000);
  }

  /** Changes that only a relist found, over all restarts. */
  get missed(): number {
    return this.#missedBefore + this.#missed;
  }

  /** Sum of a metric's samples. */
  async metric(name: string): Promise<number> {
    return sumOf(await (await this.#get('/metrics')).text(), name);
  }

  /** Puts its clock by so many ms. */
  async skew(ms: number): Promise<void> {
    await writeFile(join(this.#probe, 'skew'), String(ms));
    this.#signal();
    await sleep(50);
  }

  /** After its garbage was collected. */
  async memory(): Promise<Memory> {
    const file = join(this.#probe, 'memory');
    for (let round = 0; round < 3; round++) {
      await rm(file, { force: true });
      this.#signal();
      for (let wait = 0; wait < 100; wait++) {
        await sleep(50);
        const text = await readFile(file, 'utf8').catch(() => undefined);
        if (text !== undefined && round === 2) return JSON.parse(text) as Memory;
        if (text !== undefined) break;
      }
    }
    throw new Error(`${this.#options.name} does not say how much memory it has`);
  }

  async log(): Promise<string> {
    return await readFile(join(this.#options.dir, `${this.#options.name}.log`), 'utf8').catch(() => '');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await this.#watching;
    await this.kill('SIGKILL');
  }

  /** What it and `probe.ts` tell each other. */
  get #probe(): string {
    return join(this.#options.dir, `${this.#options.name}.probe`);
  }

  #signal(): void {
    if (this.#child !== undefined && !this.#child.ended) process.kill(this.#child.pid, 'SIGUSR2');
  }

  async #watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(300, undefined, { signal }).catch(() => {});
      const missed = await this.metric('faultline_watch_missed_total').catch(() => undefined);
      if (missed !== undefined) this.#missed = Math.max(this.#missed, missed);
    }
  }

  #get(path: string): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.#port}${path}`, { signal: AbortSignal.timeout(5_000) });
  }
}

function sumOf(text: string, name: string): number {
  const samples = text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? ([\\d.e+-]+)$`, 'gm'));
  return [...samples].reduce((sum, [, value]) => sum + Number(value), 0);
}
