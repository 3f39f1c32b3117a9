import { type Answer, COMPRESS_UP_TO } from './answer.ts';
import { tooManyRequests } from './status.ts';

/**
 * Bounds how many long lists (of more than 4 MiB: no page that kubectl asks for) are on their way at once (L18). Each
 * takes its turns on the one thread that answers probes too, and holds its buffers and the state that it lists.
 */
export class LongLists {
  readonly #max: number;
  #sending = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** Takes a place for the answer, if it is that long, until it is disposed of. Throws 429 with Retry-After. */
  enter({ approximateBytes = 0 }: Answer): Disposable {
    if (approximateBytes <= COMPRESS_UP_TO) return FREE;
    if (this.#sending >= this.#max) {
      throw tooManyRequests(`too many long lists at once (${this.#max}): list by pages with limit, or try again`);
    }
    this.#sending++;
    return { [Symbol.dispose]: () => void this.#sending-- };
  }
}

const FREE: Disposable = { [Symbol.dispose]: () => undefined };
