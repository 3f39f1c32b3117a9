import type { Socket } from 'node:net';
import { Agent, buildConnector, type Dispatcher } from 'undici';
import type { Status } from '../../../crds/meta.ts';

/**
 * The API server of the cluster as access control needs it: two verbs and JSON. The connection is described by the
 * caller (cli reads kubeconfig, environment and service account files), so that nothing here looks around itself.
 */
export interface ClusterApi {
  /** Rejects with ClusterApiError on every answer but 2xx, and when there is no answer. `path` begins with `/`. */
  get(path: string, options?: RequestOptions): Promise<unknown>;
  post(path: string, body: unknown, options?: RequestOptions): Promise<unknown>;
}

export interface RequestOptions {
  readonly signal?: AbortSignal;
}

export interface ClusterConnection extends TlsMaterial {
  /** `https://10.96.0.1:443`; a path prefix is kept. */
  readonly server: string;
  /** Asked for every new connection instead, since files are renewed in place; the same object while nothing changed. */
  readonly tls?: () => Promise<TlsMaterial>;
  /** Called when the cluster refuses the credentials, at most every ten seconds: the next request has new ones. */
  readonly renew?: () => Promise<void>;
  /** Asked before every request, since projected tokens change hourly; the caller caches. */
  readonly headers?: () => Promise<Record<string, string | string[]>>;
  /** The name to verify instead of the server's host. */
  readonly serverName?: string;
  /** For clusters whose kubeconfig says `insecure-skip-tls-verify`. Default: false. */
  readonly skipTlsVerify?: boolean;
  /** Opens connections through a proxy; default: directly. */
  readonly tunnel?: (target: { readonly host: string; readonly port: number }) => Promise<Socket>;
  /** Of a whole request, ms. Default: 10,000 (A7). */
  readonly timeoutMs?: number;
}

/** PEM. */
export interface TlsMaterial {
  /** A bundle; default: the authorities that Node knows. */
  readonly ca?: string | Buffer | undefined;
  /** A client certificate and its key, together. */
  readonly cert?: string | Buffer | undefined;
  readonly key?: string | Buffer | undefined;
}

/** For the few who write: Events. */
export interface WritingClusterApi extends ClusterApi {
  /** A JSON merge patch. Rejects as `get` does. */
  patch(path: string, body: unknown, options?: RequestOptions): Promise<unknown>;
}

/** For the few who own objects: their certificates, their installation. */
export interface OwningClusterApi extends WritingClusterApi {
  /** Server-side apply of an object's fields as `fieldManager`, who takes them over from others. Rejects as `get` does. */
  apply(path: string, body: unknown, options: RequestOptions & { readonly fieldManager: string }): Promise<unknown>;
  /** In the background, as kubectl does. Rejects as `get` does, with 404 for what is not there. */
  delete(path: string, options?: RequestOptions): Promise<unknown>;
}

/** `status`: HTTP code, or undefined when no answer came. `message` never holds a credential. */
export class ClusterApiError extends Error {
  override readonly name = 'ClusterApiError';
  readonly status: number | undefined;
  /** The Status that came, as far as it is one. */
  readonly answered: Partial<Status>;
  /** What was answered, or why nothing was; `message` says what was asked, too. */
  readonly why: string;

  constructor(message: string, status: number | undefined, details: ClusterApiErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.status = status;
    this.answered = details.answered ?? {};
    this.why = details.why ?? message;
  }

  /** `details.causes[].reason` of the Status that came. */
  get causes(): readonly string[] {
    const causes: unknown = this.answered.details?.causes;
    if (!Array.isArray(causes)) return [];
    return causes.flatMap((cause: { reason?: unknown } | null) =>
      typeof cause?.reason === 'string' ? [cause.reason] : [],
    );
  }

  /** Whether the same request may succeed a little later. */
  get retriable(): boolean {
    return this.status === undefined || this.status === 429 || this.status >= 500;
  }
}

export interface ClusterApiErrorDetails {
  readonly cause?: unknown;
  readonly answered?: Partial<Status>;
  /** Default: the message. */
  readonly why?: string;
}

/** A cluster that refuses everything must not make us run an exec plugin for each request. */
const RENEWAL_PAUSE_MS = 10_000;

/** What a body is, by what is done with it. */
const CONTENT_TYPE = {
  GET: 'application/json',
  POST: 'application/json',
  PATCH: 'application/merge-patch+json',
  // JSON is YAML, too.
  APPLY: 'application/apply-patch+yaml',
  DELETE: 'application/json',
} as const;

/** A client with its own connection pool; dispose of it to close the connections. */
export function createClusterApi(connection: ClusterConnection): OwningClusterApi & AsyncDisposable {
  const { server, headers, renew, timeoutMs = 10_000 } = connection;
  const base = new URL(server);
  const prefix = base.pathname.replace(/\/+$/, '');
  const agent = new Agent({ connect: connector({ ...connection, timeoutMs }), allowH2: false });
  let renewedAt = Number.NEGATIVE_INFINITY;

  async function request(what: keyof typeof CONTENT_TYPE, path: string, body: unknown, options: RequestOptions = {}) {
    const method = what === 'APPLY' ? 'PATCH' : what;
    const deadline = AbortSignal.timeout(timeoutMs);
    const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
    try {
      const response = await agent.request({
        origin: base.origin,
        path: `${prefix}${path}`,
        method,
        headers: {
          accept: 'application/json',
          ...(body !== undefined && { 'content-type': CONTENT_TYPE[what] }),
          ...(await headers?.()),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal,
      });
      if (response.statusCode === 401 && performance.now() - renewedAt > RENEWAL_PAUSE_MS) {
        renewedAt = performance.now();
        await renew?.();
      }
      return await readAnswer(response, `${method} ${path}`);
    } catch (error) {
      if (error instanceof ClusterApiError) throw error;
      const why = deadline.aborted ? `no answer within ${timeoutMs} ms` : causeText(error);
      throw new ClusterApiError(`${method} ${base.origin}${path}: ${why}`, undefined, { cause: error, why });
    }
  }

  return {
    get: (path, options) => request('GET', path, undefined, options),
    post: (path, body, options) => request('POST', path, body, options),
    patch: (path, body, options) => request('PATCH', path, body, options),
    apply: (path, body, { fieldManager, ...options }) =>
      request('APPLY', `${path}?fieldManager=${encodeURIComponent(fieldManager)}&force=true`, body, options),
    delete: (path, options) => request('DELETE', `${path}?propagationPolicy=Background`, undefined, options),
    [Symbol.asyncDispose]: () => agent.destroy(),
  };
}

/** Opens connections with what `tls` says at that time. */
function connector(connection: ClusterConnection): buildConnector.connector {
  const { ca, cert, key, tls, serverName: servername, skipTlsVerify = false, timeoutMs: timeout } = connection;
  const fixed: TlsMaterial = { ca, cert, key };
  let last: { material: TlsMaterial; connect: buildConnector.connector } | undefined;
  const connectorOf = (material: TlsMaterial): buildConnector.connector => {
    const given = Object.entries({ ...material, servername, timeout }).filter(([, value]) => value !== undefined);
    return buildConnector({ allowH2: false, rejectUnauthorized: !skipTlsVerify, ...Object.fromEntries(given) });
  };
  const place = ({ hostname, port }: buildConnector.Options) => ({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || 443),
  });
  return (target, callback) => {
    Promise.all([tls?.() ?? fixed, connection.tunnel?.(place(target))]).then(
      ([material, httpSocket]) => {
        if (last?.material !== material) last = { material, connect: connectorOf(material) };
        last.connect({ ...target, ...(httpSocket && { httpSocket }) }, callback);
      },
      (error: Error) => callback(error, null),
    );
  };
}

async function readAnswer(response: Dispatcher.ResponseData, what: string): Promise<unknown> {
  const text = await response.body.text();
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    body = undefined;
  }
  const { statusCode } = response;
  if (statusCode >= 200 && statusCode < 300 && body !== undefined) return body;
  const answered = typeof body === 'object' && body !== null ? (body as Partial<Status>) : {};
  const why = typeof answered.message === 'string' ? answered.message : text.slice(0, 200);
  throw new ClusterApiError(`${what}: the cluster answered ${statusCode}: ${why}`, statusCode, { answered, why });
}

/** Connection errors of undici hide the useful part in `cause`, and that of an AggregateError in its code. */
function causeText(error: unknown): string {
  const { message, cause, code } = error as { message?: string; cause?: { message?: string }; code?: string };
  return cause?.message || message || code || String(error);
}
