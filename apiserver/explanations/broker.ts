import { randomUUID } from 'node:crypto';
import type {
  ControllerExplanation,
  ExplanationPoll,
  ExplanationQuestions,
  ObjectReference,
} from '../../crds/explanation.ts';

/**
 * Between people who ask about objects and the controllers processes that know: a process fetches its questions with long
 * polls, so that nobody has to reach it (docs/adr/0019). Nothing is kept but who is connected and what is being asked.
 */
export interface Explanations extends Disposable {
  /** As many questions are open as are answered at one time: a person asks one, a script may ask any number. */
  readonly full: boolean;
  /** Asks every connected process; answers with what came in time. Never rejects. */
  ask(object: ObjectReference, signal: AbortSignal): Promise<Asked>;
  /** One poll of a process whose right was checked: resolves with the first questions, or with none in the end. */
  poll(who: string, poll: Required<ExplanationPoll>, signal: AbortSignal): Promise<ExplanationQuestions>;
}

export interface Asked {
  readonly controllers: readonly ControllerExplanation[];
  readonly processes: readonly string[];
  /** Connected, and without an answer in time. */
  readonly silent: readonly string[];
}

export interface ExplanationsOptions {
  /** How long a question waits for answers, ms. Default 3,000. */
  readonly patienceMs?: number;
  /** A process that does not ask again within this time is gone, ms. Default 10,000. */
  readonly absentAfterMs?: number;
}

interface Connected {
  readonly name: string;
  sources: ReadonlySet<string>;
  /** Questions that it was not given yet. */
  readonly questions: Map<string, ObjectReference>;
  /** Of the poll that waits. */
  wake: () => void;
  /** The latest poll: an earlier one, of a connection that broke, takes nothing along. */
  turn: number;
  absent: NodeJS.Timeout | undefined;
}

interface Question {
  readonly object: ObjectReference;
  /** By process: undefined until it answers. */
  readonly answers: Map<string, readonly ControllerExplanation[] | undefined>;
  readonly done: () => void;
}

/** Whoever may report could connect any number of processes. */
const MAX_PROCESSES = 1_000;
const MAX_QUESTIONS = 100;

export function createExplanations(options: ExplanationsOptions = {}): Explanations {
  return new Broker(options);
}

class Broker implements Explanations {
  readonly #patienceMs: number;
  readonly #absentAfterMs: number;
  readonly #connected = new Map<string, Connected>();
  readonly #questions = new Map<string, Question>();
  #closed = false;

  constructor({ patienceMs = 3_000, absentAfterMs = 10_000 }: ExplanationsOptions) {
    this.#patienceMs = patienceMs;
    this.#absentAfterMs = absentAfterMs;
  }

  get full(): boolean {
    return this.#questions.size >= MAX_QUESTIONS;
  }

  async ask(object: ObjectReference, signal: AbortSignal): Promise<Asked> {
    const id = randomUUID();
    const { promise, resolve } = Promise.withResolvers<void>();
    const done = (): void => resolve();
    const question: Question = { object, answers: new Map(), done };
    this.#questions.set(id, question);
    for (const process of this.#connected.values()) this.#give(process, id, question);
    // Nobody is connected for a moment while controllers start again: whoever comes in time is asked too.
    const timer = setTimeout(done, this.#patienceMs);
    signal.addEventListener('abort', done, { once: true });
    await promise;
    clearTimeout(timer);
    signal.removeEventListener('abort', done);
    this.#questions.delete(id);
    for (const { questions } of this.#connected.values()) questions.delete(id);
    const answered = [...question.answers];
    return {
      controllers: answered.flatMap(([, controllers]) => controllers ?? []),
      processes: answered.filter(([, controllers]) => controllers !== undefined).map(([name]) => name),
      silent: answered.filter(([, controllers]) => controllers === undefined).map(([name]) => name),
    };
  }

  async poll(who: string, poll: Required<ExplanationPoll>, signal: AbortSignal): Promise<ExplanationQuestions> {
    const process = this.#connect(who, poll);
    const { turn } = process;
    for (const { id, controllers } of poll.answers) {
      // Nobody speaks for others than those whose right was checked.
      const own = controllers.filter(({ controller }) => process.sources.has(controller));
      this.#answer(id, process, own);
    }
    if (process.questions.size === 0 && !this.#closed) await this.#wait(process, poll.waitSeconds, signal);
    if (process.turn !== turn) return { questions: [] };
    process.absent = setTimeout(() => this.#leave(who, process), this.#absentAfterMs).unref();
    if (signal.aborted) return { questions: [] };
    const questions = [...process.questions].map(([id, object]) => ({ id, object }));
    process.questions.clear();
    return { questions };
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    for (const { wake, absent } of this.#connected.values()) {
      wake();
      clearTimeout(absent);
    }
    for (const { done } of this.#questions.values()) done();
  }

  #connect(who: string, { process: name, sources }: ExplanationPoll): Connected {
    const id = `${who}\u0000${name}`;
    const known = this.#connected.get(id);
    const process: Connected = known ?? {
      name,
      sources: new Set(),
      questions: new Map(),
      wake() {},
      turn: 0,
      absent: undefined,
    };
    clearTimeout(process.absent);
    process.turn++;
    process.wake();
    process.sources = new Set(sources.map((source) => source.name));
    if (known === undefined) {
      const [oldest] = this.#connected.keys();
      if (this.#connected.size >= MAX_PROCESSES && oldest !== undefined) this.#connected.delete(oldest);
      this.#connected.set(id, process);
      for (const [question, asked] of this.#questions) this.#give(process, question, asked);
    }
    return process;
  }

  #give(process: Connected, id: string, { object, answers }: Question): void {
    answers.set(process.name, undefined);
    process.questions.set(id, object);
    process.wake();
  }

  #answer(id: string, { name }: Connected, controllers: readonly ControllerExplanation[]): void {
    const question = this.#questions.get(id);
    if (question === undefined || !question.answers.has(name)) return;
    question.answers.set(name, controllers);
    if ([...question.answers.values()].every((answer) => answer !== undefined)) question.done();
  }

  async #wait(process: Connected, seconds: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, seconds * 1_000);
    process.wake = resolve;
    signal.addEventListener('abort', () => resolve(), { once: true });
    await promise;
    clearTimeout(timer);
  }

  #leave(who: string, process: Connected): void {
    const id = `${who}\u0000${process.name}`;
    if (this.#connected.get(id) === process) this.#connected.delete(id);
  }
}
