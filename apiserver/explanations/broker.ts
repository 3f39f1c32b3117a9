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
  /** Asks every connected process that may speak about the object; answers with what came in time. Never rejects. */
  ask(object: ObjectReference, signal: AbortSignal): Promise<Asked>;
  /**
   * One poll of a process of the user `who`: resolves with the first questions, or with none in the end. The namespaces of
   * its sources are those where the right was checked, by name, or `*`: it is asked about no others.
   */
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
  /** User and name: what a process is called, anybody may call theirs. */
  readonly id: string;
  readonly who: string;
  readonly name: string;
  /** Where each source may be spoken for: namespaces, or `*`. */
  sources: ReadonlyMap<string, ReadonlySet<string>>;
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
  /** By the id of the process: no controllers until it answers. */
  readonly answers: Map<string, { readonly name: string; readonly controllers?: readonly ControllerExplanation[] }>;
  readonly done: () => void;
}

/** Whoever may report could connect any number of processes: one user's make no room for themselves among others'. */
const MAX_PROCESSES = 1_000;
const MAX_PROCESSES_OF_ONE = 100;
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
    const asked = [...question.answers.values()];
    const names = (which: typeof asked): string[] => [...new Set(which.map(({ name }) => name))];
    return {
      controllers: asked.flatMap(({ controllers = [] }) => controllers),
      processes: names(asked.filter(({ controllers }) => controllers !== undefined)),
      silent: names(asked.filter(({ controllers }) => controllers === undefined)),
    };
  }

  async poll(who: string, poll: Required<ExplanationPoll>, signal: AbortSignal): Promise<ExplanationQuestions> {
    const process = this.#connect(who, poll);
    const { turn } = process;
    for (const { id, controllers } of poll.answers) {
      this.#answer(id, process, controllers);
    }
    if (process.questions.size === 0 && !this.#closed) await this.#wait(process, poll.waitSeconds, signal);
    if (process.turn !== turn) return { questions: [] };
    process.absent = setTimeout(() => this.#leave(process), this.#absentAfterMs).unref();
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
      ...{ id, who, name },
      sources: new Map(),
      questions: new Map(),
      wake() {},
      turn: 0,
      absent: undefined,
    };
    clearTimeout(process.absent);
    process.turn++;
    process.wake();
    process.sources = scopesOf(sources);
    for (const [question, object] of process.questions) {
      if (!maySpeak(process, object)) process.questions.delete(question);
    }
    if (known === undefined) {
      this.#makeRoom(who);
      this.#connected.set(id, process);
      for (const [question, asked] of this.#questions) this.#give(process, question, asked);
    }
    return process;
  }

  /** Who has the most loses the oldest. */
  #makeRoom(who: string): void {
    const all = [...this.#connected.values()];
    const of = Map.groupBy(all, (process) => process.who);
    const own = of.get(who) ?? [];
    const most = all.length < MAX_PROCESSES ? [] : [...of.values()].reduce((a, b) => (b.length > a.length ? b : a));
    const [oldest] = own.length >= MAX_PROCESSES_OF_ONE ? own : most;
    if (oldest === undefined) return;
    this.#leave(oldest);
    oldest.wake();
  }

  #give(process: Connected, id: string, { object, answers }: Question): void {
    if (!maySpeak(process, object)) return;
    answers.set(process.id, { name: process.name });
    process.questions.set(id, object);
    process.wake();
  }

  /** Nobody speaks for others than those whose right was checked, nor about other places. */
  #answer(id: string, { id: from, name, sources }: Connected, given: readonly ControllerExplanation[]): void {
    const question = this.#questions.get(id);
    if (question === undefined || !question.answers.has(from)) return;
    const controllers = given.filter(({ controller }) => covers(sources.get(controller), question.object));
    question.answers.set(from, { name, controllers: controllers.map((each) => ({ ...each, process: name })) });
    if ([...question.answers.values()].every((answer) => answer.controllers !== undefined)) question.done();
  }

  async #wait(process: Connected, seconds: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, seconds * 1_000);
    process.wake = resolve;
    signal.addEventListener('abort', () => resolve(), { once: true });
    await promise;
    clearTimeout(timer);
  }

  #leave(process: Connected): void {
    if (this.#connected.get(process.id) === process) this.#connected.delete(process.id);
  }
}

function scopesOf(sources: ExplanationPoll['sources']): Map<string, Set<string>> {
  const scopes = new Map<string, Set<string>>();
  for (const { name, namespaces } of sources) {
    scopes.set(name, new Set([...(scopes.get(name) ?? []), ...namespaces]));
  }
  return scopes;
}

function maySpeak({ sources }: Connected, object: ObjectReference): boolean {
  return [...sources.values()].some((scope) => covers(scope, object));
}

/** What is in no namespace is nobody's whose right is in some. */
function covers(scope: ReadonlySet<string> | undefined, { namespace }: ObjectReference): boolean {
  return scope !== undefined && (scope.has('*') || (namespace !== undefined && scope.has(namespace)));
}
