import type {
  ControllerExplanation,
  ExplanationPoll,
  ExplanationQuestions,
  ObjectReference,
} from '../../crds/explanation.ts';
import { type Backend, type BackendAnswer, type BackendOptions, createBackend } from './backend.ts';
import { Backoff } from './backoff.ts';
import { type Clock, pause } from './clock.ts';
import type { Logger } from './logger.ts';
import type { RuntimeMetrics } from './metrics.ts';
import { isRecord } from './object.ts';

export interface QuestionsOptions {
  readonly backend: Backend;
  /** Names this process among those that are connected to one server. */
  readonly process: string;
  /** For whom it speaks now. */
  readonly sources: () => ExplanationPoll['sources'];
  readonly explain: (object: ObjectReference) => readonly ControllerExplanation[];
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: () => number;
}

/** How often it is asked which processes the server has. */
const REPLICAS_MS = 30_000;
/** A server that answers sooner without a question is none: a proxy, perhaps. */
const TOO_SOON_MS = 500;

/**
 * Answers what people ask the server about objects (`faultline explain`): one long poll after the other, because this
 * process may reach the server and nobody needs to reach this process (docs/adr/0019). Ends with the signal.
 */
export async function answerQuestions(options: QuestionsOptions, signal: AbortSignal): Promise<void> {
  const { backend, process, sources, explain, clock, random, logger } = options;
  const backoff = new Backoff({ base: 1_000, max: 60_000, random });
  let answers: ExplanationPoll['answers'] = [];
  let said = '';
  while (!signal.aborted) {
    const speaksFor = [...sources()];
    if (speaksFor.length === 0) {
      await pause(clock, REPLICAS_MS, signal);
      continue;
    }
    const poll: ExplanationPoll = { process, sources: speaksFor, answers };
    const since = clock.now();
    const answer = await backend.call('POST', '/api/v1/explanations/next', JSON.stringify(poll), signal);
    if (signal.aborted) return;
    const questions = questionsOf(answer);
    answers = (questions ?? []).map(({ id, object }) => ({ id, controllers: [...explain(object)] }));
    if (questions !== undefined && (questions.length > 0 || clock.now() - since > TOO_SOON_MS)) {
      backoff.reset();
      said = '';
      continue;
    }
    // The reports say louder that the server is away: this is worth a line to whoever looks for it.
    const fields = { server: backend.url, error: answer.error };
    if (answer.error !== said) logger.debug(fields, 'the server asks no questions: faultline explain is not answered');
    said = answer.error;
    await pause(clock, Math.max(answer.retryAfterMs ?? 0, backoff.next()), signal);
  }
}

/**
 * The same for every process that the server has: a question reaches one of them, and it has to be one that this process
 * is connected to.
 */
export async function answerEverywhere(
  options: Omit<QuestionsOptions, 'backend'> & { readonly backend: BackendOptions; readonly metrics: RuntimeMetrics },
  signal: AbortSignal,
): Promise<void> {
  const { backend, metrics, clock } = options;
  const { replicas } = backend;
  if (replicas === undefined) return answerQuestions({ ...options, backend: createBackend(backend, metrics) }, signal);
  const connected = new Map<string, { readonly end: AbortController; readonly running: Promise<void> }>();
  while (!signal.aborted) {
    const found = await replicas().catch(() => undefined);
    for (const [address, { end }] of connected) {
      if (found === undefined || found.has(address)) continue;
      connected.delete(address);
      end.abort();
    }
    for (const [address, dispatcher] of found ?? []) {
      if (connected.has(address) || signal.aborted) continue;
      const end = new AbortController();
      const through = dispatcher();
      const own = { ...options, backend: createBackend({ ...backend, dispatcher: through }, metrics) };
      const running = answerQuestions(own, AbortSignal.any([signal, end.signal])).finally(() => through.destroy());
      connected.set(address, { end, running });
    }
    await pause(clock, REPLICAS_MS, signal);
  }
  await Promise.all([...connected.values()].map(({ running }) => running));
}

function questionsOf({ status, body }: BackendAnswer): ExplanationQuestions['questions'] | undefined {
  if (status !== 200 || !isRecord(body) || !Array.isArray(body.questions)) return undefined;
  return (body as unknown as ExplanationQuestions).questions;
}
