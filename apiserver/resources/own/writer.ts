import type { Given, Key, Objects, ResourceDefinition, ResourceModule } from '../../kube/index.ts';
import type { ResourceLog } from '../../store/resource-log.ts';
import { checkObject, decideObject, deletionOf, isKey } from './decide.ts';

export interface WriterOptions {
  readonly module: ResourceModule;
  readonly definition: ResourceDefinition;
  readonly log: ResourceLog;
  /** The term in which it writes. */
  readonly epoch: number;
  /** Fires at the end of the term: then nothing is written any more. */
  readonly signal: AbortSignal;
  /** ms since 1970. */
  readonly now: () => number;
  /** Told how many changes of which kind were written. */
  readonly onWritten?: (op: 'ADDED' | 'MODIFIED' | 'DELETED', count: number) => void;
  /** Told of an object that was not written. */
  readonly onRefused?: (key: string, faults: readonly string[]) => void;
}

/** Objects a transaction: all other writers wait for it. */
const BATCH = 500;

/**
 * The objects of one resource during one term. What is stored is read without a lock and compared here; the write is made
 * only while the term lasts, and in a term nobody else writes, so nothing can have changed in between.
 */
export class ObjectWriter implements Objects {
  readonly #options: WriterOptions;
  /** Calls are carried out one after the other, also when the feed does not wait for them. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  put(objects: readonly Given[]): Promise<number> {
    return this.#inTurn(() => this.#put(objects));
  }

  remove(keys: readonly Key[]): Promise<number> {
    return this.#inTurn(() => this.#remove(keys));
  }

  replace(objects: readonly Given[]): Promise<number> {
    return this.#inTurn(async () => {
      // A refused object is left as it was: its name still counts.
      const kept = new Set(objects.map(givenName));
      const put = await this.#put(objects);
      const others = (await this.#options.log.keys()).filter((key) => !kept.has(nameOf(key)));
      const removed = await this.#remove(others);
      await this.#options.log.complete(this.#options.epoch);
      return put + removed;
    });
  }

  complete(): Promise<void> {
    return this.#inTurn(() => this.#options.log.complete(this.#options.epoch));
  }

  keys(): Promise<Key[]> {
    return this.#inTurn(() => this.#options.log.keys());
  }

  #inTurn<R>(act: () => Promise<R>): Promise<R> {
    const done = this.#last.then(() => {
      this.#options.signal.throwIfAborted();
      return act();
    });
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #put(objects: readonly Given[]): Promise<number> {
    const { module, definition, log, now, onRefused } = this.#options;
    const given = new Map<string, Given>();
    for (const object of objects) {
      const checked = checkObject(object, module);
      if ('faults' in checked) onRefused?.(givenName(object), checked.faults);
      else given.set(givenName(checked.given), checked.given);
    }
    return this.#inBatches([...given.values()], async (batch) => {
      const stored = await log.read(batch.map(({ metadata: { namespace = '', name } }) => ({ namespace, name })));
      const before = new Map(stored.map((object) => [nameOf({ namespace: '', ...object.metadata }), object]));
      const decided = { definition, now: now() };
      return batch.flatMap((one) => decideObject(before.get(givenName(one)), one, decided) ?? []);
    });
  }

  async #remove(keys: readonly Key[]): Promise<number> {
    const { definition, log } = this.#options;
    // What cannot be stored is not stored, and PostgreSQL takes no NUL in a name that it is asked for.
    const distinct = new Map(keys.filter(isKey).map((key) => [nameOf(key), key]));
    return this.#inBatches([...distinct.values()], async (batch) =>
      (await log.read(batch)).map((object) => deletionOf(object, definition)),
    );
  }

  async #inBatches<T>(all: readonly T[], decide: (batch: readonly T[]) => Promise<Writes>): Promise<number> {
    const { log, epoch, signal, onWritten } = this.#options;
    let total = 0;
    for (let from = 0; from < all.length; from += BATCH) {
      signal.throwIfAborted();
      const writes = await decide(all.slice(from, from + BATCH));
      await log.write(epoch, writes);
      total += writes.length;
      for (const op of ['ADDED', 'MODIFIED', 'DELETED'] as const) {
        const count = writes.filter((write) => write.op === op).length;
        if (count > 0) onWritten?.(op, count);
      }
    }
    return total;
  }
}

type Writes = Parameters<ResourceLog['write']>[1];

/** Also of what is no object. */
function givenName(object: unknown): string {
  try {
    const { namespace, name } = (object as Given).metadata;
    return nameOf({ namespace: textOf(namespace), name: textOf(name) });
  } catch {
    return nameOf({ namespace: '', name: '' });
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function nameOf({ namespace, name }: Key): string {
  return `${namespace}/${name}`;
}
