import { setTimeout as pause } from 'node:timers/promises';
import type { ReportsResponse } from '../../crds/report.ts';
import type { Answer } from './connection.ts';

export interface Taken {
  /** What is to be said about each report in the end, in as many answers as it took. */
  readonly answers: readonly Answer[];
  /** How many reports were sent again, each time counted. */
  readonly sentAgain: number;
}

export interface Patience {
  /** Sends the bytes of a request. */
  readonly send: (request: Buffer) => Promise<Answer>;
  /** The bytes of a request with this JSON as its body. */
  readonly request: (json: string) => Buffer;
  /** After so long what is still refused stays refused. Default 60 s. */
  readonly timeoutMs?: number;
  readonly sleep?: (ms: number) => Promise<unknown>;
}

/** Where an answer names no time. */
const DEFAULT_WAIT_MS = 1_000;

/**
 * Sends a request with reports as docs/reports.md asks of whoever reports: what is answered 429 or 503, all of it or some of its
 * reports, comes again after Retry-After, until it is taken, refused for good, or the time is over.
 */
export async function sendPatiently(first: Buffer, patience: Patience): Promise<Taken> {
  const { send, request, timeoutMs = 60_000, sleep = pause } = patience;
  const answers: Answer[] = [];
  let next = first;
  let [sentAgain, waited] = [0, 0];
  for (;;) {
    const answer = await send(next);
    const { settled, again } = sort(answer, next);
    if (again.length === 0 || waited >= timeoutMs) return { answers: [...answers, answer], sentAgain };
    if (settled) answers.push(settled);
    const wait = answer.retryAfterMs ?? DEFAULT_WAIT_MS;
    await sleep(wait);
    waited += wait;
    sentAgain += again.length;
    next = request(JSON.stringify(again.length === 1 ? again[0] : again));
  }
}

const HEAD_END = '\r\n\r\n';
const LATER = new Set([429, 503]);

/** What is settled of it, and the reports that shall come again. */
function sort(answer: Answer, request: Buffer): { settled?: Answer; again: readonly unknown[] } {
  const reports = (): unknown[] =>
    [JSON.parse(request.toString('utf8', request.indexOf(HEAD_END) + HEAD_END.length))].flat();
  if (LATER.has(answer.status)) return { again: reports() };
  // Nearly always there is none, and reading the whole answer would take the time of the next request.
  if (answer.status !== 200 || !mentions(answer.body, LATER)) return { settled: answer, again: [] };
  const { results } = JSON.parse(answer.body.toString()) as ReportsResponse;
  const all = reports();
  const again = all.filter((_, index) => LATER.has(results[index]?.status ?? 0));
  const kept = results.filter(({ status }) => !LATER.has(status));
  return { settled: { ...answer, body: Buffer.from(JSON.stringify({ results: kept })) }, again };
}

function mentions(body: Buffer, statuses: ReadonlySet<number>): boolean {
  return [...statuses].some((status) => body.includes(`"status":${status}`));
}
