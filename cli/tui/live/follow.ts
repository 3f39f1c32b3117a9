import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../exit.ts';
import type { Asker } from '../../reading/ask.ts';
import { Refusal } from '../../reading/fault.ts';
import { type ListQuery, listPages, watchRows } from '../../reading/issues.ts';
import type { Follower } from '../source/source.ts';

export interface Follow {
  /** Connects anew, with what the kubeconfig says now. Throws a Failure. */
  open(signal: AbortSignal): Promise<Asker>;
  readonly namespace: string | undefined;
  /** That of the context: what is listed where all namespaces may not be. */
  readonly fallback: string | undefined;
  readonly to: Follower;
  readonly signal: AbortSignal;
  /** ms since 1970. */
  now(): number;
  /** Default: a timer. */
  sleep?(ms: number, signal: AbortSignal): Promise<void>;
}

/** Servers send a bookmark about once a minute: what is silent for longer is dead, a laptop that slept for example. */
const SILENCE_MS = 90_000;
/** A screenful is there in a blink; the rest comes behind it, in pieces between which keys are answered. */
const STREAMED = { first: 100, slice: 50 } as const;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

/** Lists and watches until the signal aborts, whatever comes between: a state machine whose states the follower is told. */
export async function follow(options: Follow): Promise<void> {
  const { to, signal, now, sleep = wait } = options;
  const progress: Progress = {
    namespace: options.namespace,
    version: '',
    failures: 0,
    lostAt: undefined,
    forgotten: 0,
  };
  to.connection({ kind: 'connecting' });
  while (!signal.aborted) {
    try {
      // What ended in order is opened again at once, unless nothing was ever said in it.
      if ((await connected(options, progress)) === 0) await sleep(FIRST_WAIT_MS, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (isExpired(error)) {
        progress.version = '';
        // Everything is listed anew: at once where it happens once, not over and over from a server that forgets always.
        if (progress.forgotten > 0) await sleep(backoff(progress.forgotten - 1), signal);
        progress.forgotten++;
        continue;
      }
      if (mayNotListAll(error, progress, options)) continue;
      const ms = backoff(progress.failures);
      progress.failures++;
      progress.lostAt ??= now();
      to.connection({ ...faultOf(error), since: progress.lostAt, again: now() + ms });
      await sleep(ms, signal);
    }
  }
}

function backoff(failures: number): number {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(failures, 5));
}

interface Progress {
  namespace: string | undefined;
  /** '': everything is to be listed. */
  version: string;
  failures: number;
  lostAt: number | undefined;
  /** How often in a row the server no longer knew the version, without an event in between. */
  forgotten: number;
}

/** Answers how many events came. */
async function connected(options: Follow, progress: Progress): Promise<number> {
  const { to, signal } = options;
  const silence = new Silence(SILENCE_MS);
  using _ = silence;
  const until = AbortSignal.any([signal, silence.signal]);
  await using asker = await options.open(until);
  const query = queryOf(progress.namespace);
  if (progress.version === '') progress.version = await list(asker, query, to, silence);
  const isLive = (): void => {
    progress.failures = 0;
    progress.lostAt = undefined;
    to.connection({ kind: 'live' });
  };
  let events = 0;
  for await (const { type, page, resourceVersion } of watchRows(asker, query, progress.version, isLive)) {
    silence.heard();
    events++;
    progress.forgotten = 0;
    progress.version = resourceVersion ?? progress.version;
    if (page.columns !== undefined) to.columns(page.columns);
    if (type === 'DELETED')
      to.rows(
        [],
        page.rows.map(({ object }) => keyOf(object.metadata)),
      );
    else if (page.rows.length > 0) to.rows(page.rows, []);
  }
  return events;
}

async function list(asker: Asker, query: ListQuery, to: Follower, silence: Silence): Promise<string> {
  const pages = listPages(asker, { ...query, streamed: STREAMED });
  const keys = new Set<string>();
  for (;;) {
    const { done, value } = await pages.next();
    silence.heard();
    if (done) {
      to.synced(keys);
      return value;
    }
    if (value.columns !== undefined) to.columns(value.columns);
    for (const { object } of value.rows) keys.add(keyOf(object.metadata));
    to.rows(value.rows, []);
    to.connection({ kind: 'loading', rows: keys.size, of: undefined });
  }
}

export function keyOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}

/** All of it, Resolved too: what resolves is told as a change, and `A` shows it at once. */
export function queryOf(namespace: string | undefined): ListQuery {
  return { namespace, labelSelector: '', fieldSelector: '', asOf: undefined, table: true, objects: true };
}

function isExpired(error: unknown): boolean {
  return error instanceof Refusal && error.status === 410;
}

function mayNotListAll(error: unknown, progress: Progress, { fallback, to }: Follow): boolean {
  if (!(error instanceof Refusal) || error.status !== 403) return false;
  if (progress.namespace !== undefined || fallback === undefined) return false;
  progress.namespace = fallback;
  to.limited(fallback, error.message);
  return true;
}

/** Throws what is no fault of a connection: that is a mistake of ours. */
function faultOf(error: unknown): { kind: 'lost' | 'refused'; why: string } {
  if (error instanceof Refusal) {
    const isNo = error.status < 500 && error.status !== 429;
    return { kind: isNo ? 'refused' : 'lost', why: error.message };
  }
  if (error instanceof Failure) return { kind: error.cause === undefined ? 'refused' : 'lost', why: error.message };
  if (error instanceof SyntaxError) return { kind: 'lost', why: 'the server answered what is no JSON' };
  if (error instanceof Error && (error.name === 'AbortError' || 'code' in error)) {
    return { kind: 'lost', why: 'the connection was lost' };
  }
  throw error;
}

async function wait(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}

/** Aborts its signal when nothing was heard for so long. */
class Silence implements Disposable {
  readonly #stop = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(ms: number) {
    this.#timer = setTimeout(() => this.#stop.abort(new Error('silence')), ms);
    this.#timer.unref();
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  heard(): void {
    this.#timer.refresh();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
