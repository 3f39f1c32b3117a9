import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../faults/random.ts';
import type { Behaviour } from './proxy.ts';

export interface ProxiedWatchOptions {
  readonly random: Random;
  readonly behaviour: () => Behaviour;
  readonly onSwallowed: () => void;
}

interface Held {
  readonly line: string;
  /** How many others are told before it. */
  after: number;
}

/** A held event is told after so long even if no other follows it. */
const HELD_MS = 300;

/** One open watch on its way through the proxy, event by event. */
export class ProxiedWatch {
  readonly #outgoing: ServerResponse;
  readonly #options: ProxiedWatchOptions;
  #rest = '';
  #held: Held[] = [];
  #frozen: string[] | undefined;
  /** How it ends: nothing is said after that. */
  #last: (() => void) | undefined;
  readonly #queue: { readonly due: number; readonly act: () => void }[] = [];

  constructor(answer: IncomingMessage, outgoing: ServerResponse, options: ProxiedWatchOptions) {
    this.#outgoing = outgoing;
    this.#options = options;
    answer.setEncoding('utf8');
    answer.on('data', (text: string) => this.#received(text));
    answer.once('end', () => this.#ended(() => outgoing.end()));
    answer.once('error', () => this.#ended(() => outgoing.destroy()));
    outgoing.once('close', () => answer.destroy());
  }

  freeze(): void {
    this.#frozen ??= [];
  }

  thaw(): void {
    const lines = this.#frozen ?? [];
    this.#frozen = undefined;
    for (const line of lines) this.#later(() => this.#outgoing.write(`${line}\n`));
    if (this.#last) this.#later(this.#last);
  }

  /** Says a line, after what was said before. */
  send(line: string): void {
    if (this.#last) return;
    if (this.#frozen !== undefined) this.#frozen.push(line);
    else this.#later(() => this.#outgoing.write(`${line}\n`));
  }

  /** Says half a line and cuts the connection. */
  breakOff(text: string): void {
    this.#ended(() => this.#outgoing.write(text, () => this.#outgoing.destroy()));
  }

  /** Says a last line. */
  end(line: string): void {
    this.#ended(() => this.#outgoing.end(`${line}\n`));
  }

  close(): void {
    this.#outgoing.destroy();
  }

  #received(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') this.#event(line);
  }

  #event(line: string): void {
    const { random, behaviour, onSwallowed } = this.#options;
    const { repeat, reorder, swallow } = behaviour();
    const isBookmark = line.startsWith('{"type":"BOOKMARK"');
    if (!isBookmark && random.chance(swallow)) {
      onSwallowed();
      return;
    }
    if (!isBookmark && random.chance(reorder)) this.#hold(line, random.between(1, 3));
    else this.#tell(line);
    if (!isBookmark && random.chance(repeat)) this.#hold(line, random.between(0, 8));
  }

  #hold(line: string, after: number): void {
    if (after === 0) {
      this.send(line);
      return;
    }
    const held = { line, after };
    this.#held.push(held);
    setTimeout(() => this.#release([held]), HELD_MS);
  }

  #tell(line: string): void {
    this.send(line);
    for (const held of this.#held) held.after--;
    this.#release(this.#held.filter(({ after }) => after <= 0));
  }

  #release(lines: readonly Held[]): void {
    const due = this.#held.filter((held) => lines.includes(held));
    this.#held = this.#held.filter((held) => !due.includes(held));
    for (const { line } of due) this.send(line);
  }

  /** Who listens to a frozen connection does not learn that the server has ended it. */
  #ended(act: () => void): void {
    if (this.#last) return;
    this.#release([...this.#held]);
    this.#last = act;
    if (this.#frozen === undefined) this.#later(act);
  }

  /** Delays do not add up, and nobody overtakes. */
  #later(act: () => void): void {
    const { delayMs } = this.#options.behaviour();
    if (delayMs === 0 && this.#queue.length === 0) act();
    else {
      this.#queue.push({ due: performance.now() + this.#options.random.between(0, delayMs), act });
      if (this.#queue.length === 1) void this.#drain();
    }
  }

  async #drain(): Promise<void> {
    for (let next = this.#queue[0]; next; next = this.#queue[0]) {
      await sleep(Math.max(0, next.due - performance.now()));
      this.#queue.shift();
      next.act();
    }
  }
}
