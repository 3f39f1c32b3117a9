import type { Body, Feed, Given, Key, Objects } from '../../../kube/index.ts';

/** Objects in memory, which counts what was asked of it. */
export class MemoryObjects<T extends Body = Body> implements Objects<T> {
  readonly stored = new Map<string, Given<T>>();
  completed = false;
  /** `put n/a`, `remove n/a`: everything that was written, in order. */
  readonly written: string[] = [];

  async put(objects: readonly Given<T>[]): Promise<number> {
    for (const object of objects) {
      const name = `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
      this.stored.set(name, object);
      this.written.push(`put ${name}`);
    }
    return objects.length;
  }

  async remove(keys: readonly Key[]): Promise<number> {
    for (const { namespace, name } of keys) {
      this.stored.delete(`${namespace}/${name}`);
      this.written.push(`remove ${namespace}/${name}`);
    }
    return keys.length;
  }

  async replace(objects: readonly Given<T>[]): Promise<number> {
    this.stored.clear();
    this.completed = true;
    return this.put(objects);
  }

  async complete(): Promise<void> {
    this.completed = true;
  }

  async keys(): Promise<Key[]> {
    return [...this.stored.keys()].map((key) => {
      const [namespace = '', name = ''] = key.split('/');
      return { namespace, name };
    });
  }

  /** What was written since the last time this was asked. */
  take(): string[] {
    return this.written.splice(0);
  }
}

/** A feed whose time the test lets pass: it runs until it sleeps, and goes on with `pass`. */
export class DrivenFeed<T extends Body, O> implements AsyncDisposable {
  readonly objects = new MemoryObjects<T>();
  readonly warned: { fields: object; message: string }[] = [];
  /** ms since 1970. */
  time = 1_000_000;
  readonly #ending = new AbortController();
  readonly #running: Promise<void>;
  #asleep = Promise.withResolvers<number>();
  #wake: () => void = () => undefined;

  constructor(feed: Feed<T, O>, options: O) {
    this.#running = feed(this.objects, {
      options,
      directory: '/nowhere',
      signal: this.#ending.signal,
      now: () => this.time,
      sleep: (ms) => {
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#wake = resolve;
        this.#asleep.resolve(ms);
        return promise;
      },
      logger: { info: () => undefined, warn: (fields, message) => void this.warned.push({ fields, message }) },
    });
    this.#running.catch((error: unknown) => this.#asleep.reject(error));
  }

  /** Resolves when the feed sleeps; rejects when it fails. */
  async settled(): Promise<this> {
    await this.#asleep.promise;
    return this;
  }

  /** Lets it sleep on until `ms` have passed, and resolves when it sleeps again after that. */
  async pass(ms: number): Promise<string[]> {
    for (const end = this.time + ms; this.time < end; ) {
      this.time = Math.min(end, this.time + (await this.#asleep.promise));
      this.#asleep = Promise.withResolvers();
      this.#wake();
      await this.#asleep.promise;
    }
    return this.objects.take();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    this.#wake();
    await this.#running.catch(() => undefined);
  }
}
