import { setTimeout as sleep } from 'node:timers/promises';
import { kubectlWatch } from '../controlplane/kubectl.ts';
import type { Follower, Held, HeldObject } from './clients.ts';

export interface KubectlFollowerOptions {
  readonly name: string;
  readonly version: string;
  readonly kubeconfig: string;
  /** After `get issues`: namespace and selectors. */
  readonly args: readonly string[];
}

interface WatchEvent {
  readonly type: string;
  readonly object: HeldObject;
}

/**
 * `kubectl get issues -w` as a person leaves it running: it lists and watches until its watch ends, and is then started
 * again. What it printed since its last start is what it holds.
 */
export class KubectlFollower implements Follower {
  readonly #options: KubectlFollowerOptions;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #objects = new Map<string, HeldObject>();
  #starts = 0;

  constructor(options: KubectlFollowerOptions) {
    this.#options = options;
    this.#running = this.#run(this.#stop.signal);
  }

  /** How often it was started: each is one list. */
  get starts(): number {
    return this.#starts;
  }

  async held(): Promise<Held> {
    return { [this.#options.name]: [...this.#objects.values()] };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { version, kubeconfig, args } = this.#options;
    const command = ['get', 'issues', '-w', '--output-watch-events', '-o', 'json', ...args];
    while (!signal.aborted) {
      this.#starts += 1;
      this.#objects = new Map();
      // Its cache of discovery is its own, so that no other version reads what it wrote.
      const home = `${kubeconfig}.${this.#options.name}`;
      await using watch = kubectlWatch(command, { kubeconfig, version, home, signal });
      for await (const line of watch) this.#apply(JSON.parse(line) as WatchEvent);
      await sleep(500, undefined, { signal }).catch(() => {});
    }
  }

  #apply({ type, object }: WatchEvent): void {
    const key = `${object.metadata.namespace}/${object.metadata.name}`;
    if (type === 'DELETED') this.#objects.delete(key);
    else this.#objects.set(key, object);
  }
}
