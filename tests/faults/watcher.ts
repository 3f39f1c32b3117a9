import { setTimeout as sleep } from 'node:timers/promises';
import type { Issue, IssueList } from '../../crds/issue.ts';
import type { Random } from './random.ts';
import type { Server } from './server.ts';

interface Event {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: Issue & { readonly code?: number; readonly message?: string };
}

/**
 * Lists once and then only watches, each time at any replica; whenever a watch ends it goes on from where it was. What it
 * has made of the events must in the end be what a list says. It lists again only when it is told 410.
 */
export class Watcher implements AsyncDisposable {
  /** By name. */
  readonly state = new Map<string, Issue>();
  /** How often it was told 410. */
  expired = 0;
  /** Watches that were opened. */
  opened = 0;
  /** The greatest number it ever saw. */
  highest = 0;
  readonly #servers: readonly Server[];
  readonly #path: string;
  readonly #random: Random;
  readonly #failures: Set<string>;
  readonly #ending = new AbortController();
  readonly #running: Promise<void>;
  #position: number | undefined;
  #doing = 'nothing yet';

  constructor(servers: readonly Server[], namespace: string, random: Random, failures: Set<string>) {
    this.#servers = servers;
    this.#path = issuesPath(namespace);
    this.#random = random;
    this.#failures = failures;
    this.#running = this.#run();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await this.#running;
  }

  /** For the account of a failure. */
  get doing(): string {
    return `${this.#doing}, now at ${this.#position}`;
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      try {
        const server = this.#random.pick(this.#servers);
        if (this.#position === undefined) await this.#list(server);
        else await this.#watch(server, this.#position);
      } catch {
        // The replica is away, or the connection broke: that is what this is about.
      }
      await sleep(20, undefined, { signal }).catch(() => {});
    }
  }

  async #list(server: Server): Promise<void> {
    this.#doing = `listing at ${server.name}`;
    const { status, text } = await server.get(this.#path, 4_000);
    if (status !== 200) return void (await sleep(50));
    const { items, metadata } = JSON.parse(text) as IssueList;
    const version = Number(metadata.resourceVersion);
    if (version < this.highest) this.#failures.add(`a list at ${version}, after ${this.highest} had been seen`);
    this.state.clear();
    for (const issue of items) this.state.set(issue.metadata.name, issue);
    this.#moveTo(version);
  }

  async #watch(server: Server, from: number): Promise<void> {
    this.opened++;
    this.#doing = `watch ${this.opened}, at ${server.name} from ${from}`;
    const path = `${this.#path}?watch=true&allowWatchBookmarks=true&resourceVersion=${from}`;
    const lines = server.watch(path, this.#ending.signal);
    for (;;) {
      const { value, done } = await lines.next();
      if (done) {
        if (value === 410) this.#expire();
        return;
      }
      if (!this.#apply(JSON.parse(value) as Event)) return;
    }
  }

  /** False when the watch is of no further use. */
  #apply({ type, object }: Event): boolean {
    if (type === 'ERROR') {
      if (object.code === 410) this.#expire();
      else if (![500, 503, 504].includes(object.code ?? 0))
        this.#failures.add(`a watch ended with ${object.code}: ${object.message}`);
      return false;
    }
    const { name, resourceVersion } = object.metadata;
    const version = Number(resourceVersion);
    const known = this.state.has(name);
    if (type === 'BOOKMARK') {
      if (version < (this.#position ?? 0)) this.#failures.add(`a bookmark at ${version} after ${this.#position}`);
    } else if (version <= (this.#position ?? 0)) {
      this.#failures.add(`${type} ${name} at ${version} after ${this.#position}: out of order, or twice`);
    } else if (known === (type === 'ADDED')) {
      this.#failures.add(`${type} ${name} at ${version}, which was ${known ? 'there already' : 'not there'}`);
    }
    this.#moveTo(version);
    if (type === 'DELETED') this.state.delete(name);
    else if (type !== 'BOOKMARK') this.state.set(name, object);
    return true;
  }

  #expire(): void {
    this.expired++;
    this.#position = undefined;
  }

  #moveTo(version: number): void {
    this.#position = version;
    this.highest = Math.max(this.highest, version);
  }
}

export function issuesPath(namespace: string): string {
  return `/apis/faultline.dev/v1alpha1/namespaces/${namespace}/issues`;
}
