import { type Dispatcher, request } from 'undici';
import { type SpanContext, traceparent } from '../../tracing/tracer.ts';
import type { RuntimeMetrics } from './metrics.ts';
import { isRecord } from './object.ts';
import { retryAfter } from './retry-after.ts';

export interface BackendOptions {
  /** `https://127.0.0.1:7443` */
  url: string;
  /** An undici Agent with the client certificate and the CA. */
  dispatcher?: Dispatcher;
  /** Asked for every request: a bearer token, for example. */
  headers?: () => Promise<Record<string, string | string[]>>;
  /** The backend answered 401: forget what is remembered of the headers. They are asked for again, and it is asked once more. */
  renew?: () => void;
  /**
   * The processes behind `url` by their addresses, each with what connects to it alone. Only `faultline explain` needs to
   * reach every one. Default: `url` is one process.
   */
  replicas?: () => Promise<ReadonlyMap<string, () => Dispatcher>>;
}

/** One attempt's answer. `again`: it makes sense to try again (network, 408, 429, 5xx), and never on other 4xx. */
export interface BackendAnswer {
  /** 0 when nothing answered. */
  readonly status: number;
  readonly again: boolean;
  readonly retryAfterMs?: number;
  /** The parsed body of a 200. */
  readonly body: unknown;
  /** One line when the status is not 200. */
  readonly error: string;
}

/** The backend over HTTP: one attempt a call (two where credentials are renewed), never rejects. */
export interface Backend {
  readonly url: string;
  /** Why the last answer about something was none that helps; undefined: all is well. */
  readonly fault?: string | undefined;
  /** `trace`: of what is carried, told to the backend as `traceparent`. */
  call(
    method: 'GET' | 'POST',
    path: string,
    body: string | undefined,
    signal: AbortSignal,
    trace?: SpanContext,
  ): Promise<BackendAnswer>;
}

/** Nothing answered within this time: the attempt is given up, and repeated. A commit is bounded to 2 s (decision 4). */
const ATTEMPT_MS = 30_000;

export function createBackend(options: BackendOptions, metrics: RuntimeMetrics): Backend {
  const url = options.url.replace(/\/+$/, '');
  const { host } = new URL(url);
  const faults = new Map<string, string>();
  return {
    url,
    get fault() {
      const [fault] = faults.values();
      return fault;
    },
    async call(method, path, body, signal, trace) {
      const once = async (): Promise<BackendAnswer> => {
        const answer = await attempt({ ...options, url }, { method, path, body, trace }, signal);
        metrics.requests.inc({ code: answer.status === 0 ? '<error>' : String(answer.status), method, host });
        return answer;
      };
      let answer = await once();
      if (answer.status === 401 && options.renew !== undefined && !signal.aborted) {
        options.renew();
        answer = await once();
      }
      if (answer.again || answer.status === 401 || answer.status === 403) {
        faults.set(path, answer.status === 0 ? answer.error : `${url}${path}: ${answer.status} ${answer.error}`);
      } else faults.delete(path);
      return answer;
    },
  };
}

async function attempt(
  options: BackendOptions,
  asked: { method: 'GET' | 'POST'; path: string; body: string | undefined; trace: SpanContext | undefined },
  signal: AbortSignal,
): Promise<BackendAnswer> {
  const { method, path, body, trace } = asked;
  try {
    const headers = {
      ...{ accept: 'application/json', 'content-type': 'application/json' },
      ...(trace && { traceparent: traceparent(trace) }),
      ...(await options.headers?.()),
    };
    const response = await request(`${options.url}${path}`, {
      method,
      headers,
      ...(body !== undefined && { body }),
      ...(options.dispatcher && { dispatcher: options.dispatcher }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_MS)]),
    });
    const text = await response.body.text();
    const { statusCode: status } = response;
    const retryAfterMs = retryAfter(response.headers['retry-after']);
    const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
    if (status !== 200) return { status, again: isTransient(status), ...wait, body: undefined, error: errorOf(text) };
    return { status, again: false, body: JSON.parse(text), error: '' };
  } catch (error) {
    return { status: 0, again: true, body: undefined, error: `${options.url} cannot be reached: ${causeOf(error)}` };
  }
}

function isTransient(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

function errorOf(text: string): string {
  try {
    const body: unknown = JSON.parse(text);
    if (isRecord(body)) return String(body.error ?? body.message ?? text).slice(0, 500);
  } catch {
    // Not JSON: a proxy's page; its first line says enough.
  }
  return text.slice(0, 200).split('\n')[0] ?? '';
}

export function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = isRecord(error) && typeof error.code === 'string' ? error.code : undefined;
  const inner = error.cause instanceof Error ? causeOf(error.cause) : undefined;
  return inner ?? (error.message || code || error.name);
}
