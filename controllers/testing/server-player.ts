import type { ClusterObject } from '../runtime/object.ts';
import type { RecordedChange } from '../runtime/recorded-stream.ts';
import type { FakeApiServer } from './fake-api-server.ts';
import type { Player, StreamFault } from './play-stream.ts';

/** Plays on a fake API server: what goes wrong happens to its connections and to the lines of its watches. */
export class ServerPlayer implements Player {
  readonly #server: FakeApiServer;
  #awayUntil: number | undefined;
  #isSwapping = false;
  #last: ClusterObject | undefined;

  constructor(server: FakeApiServer) {
    this.#server = server;
  }

  get awayUntil(): number | undefined {
    return this.#awayUntil;
  }

  happen({ type, object }: RecordedChange): void {
    // Two changes of one kind: those of others are on other watches, where there is no order to get wrong.
    if (this.#isSwapping) this.#server.fault({ type: 'swap' }, object);
    this.#isSwapping = false;
    this.#last = object;
    const { name, namespace = '' } = object.metadata;
    if (type === 'DELETED') this.#server.delete(namespace, name, object);
    else this.#server.apply(object);
  }

  inject(fault: StreamFault, now: number, speed: number): void {
    switch (fault.type) {
      case 'expired':
        this.#server.fault({ type: 'compact' });
        this.#server.fault({ type: 'errorEvent', code: 410 });
        break;
      case 'duplicate':
        this.#server.fault({ type: 'repeat', back: 0 }, this.#last);
        break;
      case 'reorder':
        this.#isSwapping = true;
        break;
      case 'silence':
      case 'disconnect':
        if (this.#awayUntil !== undefined) break;
        this.#awayUntil = now + fault.ms / speed;
        this.#server.fault({ type: fault.type === 'silence' ? 'mute' : 'down' });
        break;
      default:
        fault satisfies never;
    }
  }

  comeBack(): void {
    this.#awayUntil = undefined;
    this.#server.fault({ type: 'up' });
    this.#server.fault({ type: 'unmute' });
  }
}
