import { Failure } from '../exit.ts';
import { Failed, type Item, Skipped } from './item.ts';
import type { Subject } from './subject.ts';

export interface Result {
  readonly item: Item;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** What was seen instead, or why nothing was. '' when passed. */
  readonly message: string;
  readonly ms: number;
}

/** An answer that is odd in a way that no check expected is no pass. */
export const UNREADABLE = 'the answers could not be read';

/** Most of the time is spent waiting for watches to end. */
const AT_ONCE = 8;

export interface RunOptions {
  readonly onResult?: (result: Result, done: number, total: number) => void;
}

/** Runs every item, several at a time, and answers in their order. Rejects when the signal of the subject aborts. */
export async function run(items: readonly Item[], subject: Subject, options: RunOptions = {}): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = [...items.entries()];
  let done = 0;
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, item] = next;
      const result = await judge(item, subject);
      results[index] = result;
      options.onResult?.(result, ++done, items.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

export async function judge(item: Item, subject: Subject): Promise<Result> {
  const started = performance.now();
  const result = (outcome: Result['outcome'], message = ''): Result => {
    return { item, outcome, message, ms: Math.round(performance.now() - started) };
  };
  try {
    await item.check(subject);
    return result('passed');
  } catch (error) {
    subject.signal.throwIfAborted();
    if (error instanceof Failure) throw error; // of the user's own command
    if (error instanceof Skipped) return result('skipped', error.message);
    if (error instanceof Failed) return result('failed', error.message);
    return result('failed', `${UNREADABLE}: ${(error as Error).message}`);
  }
}
