import { isRecord } from '../object.ts';
import type { ControllerDefinition, Read } from '../plugin.ts';
import { deepFreeze } from '../strip.ts';
import { errorFrom, type FromWorker, type ReadMethod, type Thrown, type ToWorker, thrownOf } from './protocol.ts';

/** The looks that a plugin has under way in its worker: calls `observe` and asks the main thread for what it reads. */
export class WorkerLooks {
  readonly #definition: ControllerDefinition;
  readonly #options: unknown;
  readonly #send: (message: FromWorker) => void;
  readonly #looks = new Map<number, Look>();

  constructor(definition: ControllerDefinition, options: unknown, send: (message: FromWorker) => void) {
    this.#definition = definition;
    this.#options = options;
    this.#send = send;
  }

  receive(message: ToWorker): void {
    switch (message.type) {
      case 'observe':
        void this.#observe(message);
        break;
      case 'answer':
        this.#looks.get(message.look)?.answer(message.call, message.value);
        break;
      case 'refusal':
        this.#looks.get(message.look)?.refuse(message.call, message.error);
        break;
      case 'abort':
        this.#looks.get(message.look)?.abort();
        this.#looks.delete(message.look);
        break;
      default:
        message satisfies never;
    }
  }

  /** A verdict, or what a look read, cannot be cloned: that look failed, and for ever. */
  refused(message: FromWorker, error: unknown): void {
    if (message.type !== 'decided' && message.type !== 'read') return;
    const what = message.type === 'read' ? `asked read.${message.method}() for` : 'answered';
    const failure = { name: 'TerminalError', message: `observe() ${what} what is no data: ${thrownOf(error).message}` };
    this.#looks.delete(message.look);
    this.#send({ type: 'failed', look: message.look, error: failure });
  }

  async #observe({ look: id, object, now, live }: Extract<ToWorker, { type: 'observe' }>): Promise<void> {
    const look = new Look(id, { now, live }, this.#send);
    this.#looks.set(id, look);
    try {
      const verdict = await this.#definition.observe(deepFreeze(object), look.read, this.#options);
      if (this.#looks.delete(id)) this.#send({ type: 'decided', look: id, verdict: asData(verdict) });
    } catch (error) {
      if (this.#looks.delete(id)) this.#send({ type: 'failed', look: id, error: thrownOf(error) });
    }
  }
}

class Look {
  readonly read: Read;
  readonly #aborts = new AbortController();
  readonly #calls = new Map<number, PromiseWithResolvers<unknown>>();
  #lastCall = 0;

  constructor(id: number, { now, live }: { now: number; live: boolean }, send: (message: FromWorker) => void) {
    const since = performance.now();
    const ask = <T>(method: ReadMethod, args: readonly unknown[]): Promise<T> => {
      const call = ++this.#lastCall;
      const answer = Promise.withResolvers<unknown>();
      this.#calls.set(call, answer);
      send({ type: 'read', look: id, call, method, args });
      return answer.promise as Promise<T>;
    };
    this.read = {
      now: () => new Date(now + performance.now() - since),
      live,
      signal: this.#aborts.signal,
      owned: (kind) => ask('owned', [kind]),
      get: (kind, namespace, name) => ask('get', [kind, namespace, name]),
      list: (kind, selector) => ask('list', [kind, selector]),
      covers: (kind, namespace) => ask('covers', [kind, namespace]),
      indexed: (kind, index, value, selector) => ask('indexed', [kind, index, value, selector]),
      logs: (namespace, pod, container, options) => ask('logs', [namespace, pod, container, options]),
    };
  }

  answer(call: number, value: unknown): void {
    this.#calls.get(call)?.resolve(deepFreeze(value));
    this.#calls.delete(call);
  }

  refuse(call: number, error: Thrown): void {
    this.#calls.get(call)?.reject(errorFrom(error));
    this.#calls.delete(call);
  }

  abort(): void {
    this.#aborts.abort();
    // Who waits for an answer would wait for ever: there is nobody any more to give it.
    this.#calls.clear();
  }
}

/** Functions do not travel; a verdict that is an object of a class travels as its fields. */
function asData(verdict: unknown): unknown {
  return isRecord(verdict) ? { ...verdict } : verdict;
}
