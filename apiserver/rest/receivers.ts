import Router from '@koa/router';
import type { Context, Middleware } from 'koa';
import { retryAfterSeconds } from '../../crds/report.ts';
import type { Engine } from '../ingest/engine.ts';
import type { Caller, ReportAccess } from '../ingest/ports.ts';
import { ANONYMOUS, type Authenticator } from '../kube/access/types.ts';
import {
  checkSignature,
  checkToken,
  deliver,
  deliveryIdOf,
  EvaluationGate,
  openHeaders,
  type Receiver,
  type ReceiverCallers,
  type ReceiverMetrics,
  type Receivers,
  type Secrets,
} from '../receivers/index.ts';
import { answerJson } from './answer-json.ts';
import { bodyBytes } from './body.ts';
import { RestError } from './errors.ts';
import { type RestRoutes, restRoutes } from './routes.ts';

/** Larger than what any of the known senders writes; GitHub cuts at 25 MB what it sends, but for pushes. */
export const MAX_PAYLOAD_BYTES = 1024 * 1024;

export interface ReceiverRoutesOptions {
  readonly receivers: Pick<Receivers, 'find'>;
  readonly callers: ReceiverCallers;
  readonly engine: Pick<Engine, 'submit'>;
  /** For `bearer`. */
  readonly authenticator: Authenticator;
  readonly access: ReportAccess;
  readonly secrets: Secrets;
  readonly clusterScopedNamespace: string;
  /** ms. */
  readonly now: () => number;
  readonly metrics?: ReceiverMetrics;
  readonly log: { warn(fields: object, message: string): void };
}

/**
 * `POST /api/v1/receivers/namespaces/<namespace>/<name>` and `/api/v1/receivers/cluster/<name>`. To be mounted in front
 * of the server's authentication: who delivers proves it to the receiver, and a token of a webhook is no token of a
 * cluster. Nothing is read of a payload before that, but what a signature is over.
 */
export function receiverRoutes(options: ReceiverRoutesOptions): RestRoutes {
  const router = new Router({ prefix: '/api/v1/receivers' });
  const { metrics } = options;
  const gate = new EvaluationGate(options.now);
  router.post('/namespaces/:namespace/:name', (ctx) => receive(ctx, options, gate));
  router.post('/cluster/:name', (ctx) => receive(ctx, options, gate));
  const routes = restRoutes(router);
  const counted: Middleware = async (ctx, next) => {
    if (!ctx.path.startsWith('/api/v1/receivers/') || ctx.method !== 'POST') return next();
    await routes(ctx, next);
    metrics?.answered(ctx.status);
  };
  return Object.assign(counted, { router });
}

async function receive(ctx: Context, options: ReceiverRoutesOptions, gate: EvaluationGate): Promise<void> {
  const receiver = accepted(ctx, options);
  const { headers } = ctx.req;
  const early = checkToken(receiver.authentication, headers);
  if (!early.ok) throw new RestError(401, early.reason);
  const given = { ...headers };
  const caller = await callerOf(ctx, receiver, options);
  const body = await bodyBytes(ctx.req, MAX_PAYLOAD_BYTES, isJson);
  const { signature } = receiver.authentication;
  if (signature) {
    const signed = { headers: given, body, namespace: receiver.namespace ?? '' };
    const verdict = await checkSignature(signature, signed, { secrets: options.secrets, now: options.now() }).catch(
      (error: Error) => keyUnavailable(error, receiver, options),
    );
    if (!verdict.ok) throw new RestError(401, verdict.reason);
  }
  const deliveryId = deliveryIdOf(given);
  const outcome = await deliver(
    receiver,
    {
      payload: parse(body),
      headers: openHeaders(given, receiver.authentication),
      query: Object.fromEntries(new URLSearchParams(ctx.querystring)),
      ...(deliveryId === undefined ? {} : { deliveryId }),
      bytes: body.length,
      receivedAt: options.now(),
    },
    { ...options, gate, caller },
  );
  const { status, ...answer } = outcome;
  ctx.status = status;
  const seconds = status === 429 || status === 503 ? retryAfterSeconds(outcome.results) : undefined;
  if (seconds !== undefined) ctx.set('Retry-After', String(seconds));
  answerJson(ctx, answer);
}

function accepted(ctx: Context, { receivers }: ReceiverRoutesOptions): Receiver {
  const { namespace, name } = ctx.params as { namespace?: string; name: string };
  const path = namespace === undefined ? `cluster/${name}` : `namespaces/${namespace}/${name}`;
  const found = receivers.find(path);
  if (found === 'missing') throw new RestError(404, `there is no receiver ${path}`);
  if (found === 'unknown') {
    throw new RestError(503, 'the receivers are not known yet: try again', { retryAfterSeconds: 1 });
  }
  if (found.receiver === undefined) {
    // Why is for who declared it: in its status and in the log.
    throw new RestError(503, `the receiver ${path} is not accepted: see its status`, { retryAfterSeconds: 30 });
  }
  return found.receiver;
}

/** With `bearer` a user of the cluster who may report as the receiver's source; else the receiver itself. */
async function callerOf(ctx: Context, receiver: Receiver, options: ReceiverRoutesOptions): Promise<Caller> {
  if (receiver.authentication.bearer === undefined) return options.callers.callerOf(receiver);
  const answer = await options.authenticator.authenticate(ctx.req);
  switch (answer.outcome) {
    case 'invalid':
      throw new RestError(401, answer.message);
    case 'refused':
      throw new RestError(403, answer.message);
    case 'unavailable':
      throw new RestError(503, answer.message, { retryAfterSeconds: answer.retryAfterSeconds });
    case 'user':
      break;
  }
  const { user } = answer;
  if (user.name === ANONYMOUS.name) throw new RestError(401, 'who are you? send a token as Authorization: Bearer');
  const { source, namespace } = receiver;
  // A receiver of the cluster does not know yet where to: the engine asks, once it does.
  if (namespace !== undefined) {
    const permission = await options.access.mayReport(user, { source, namespace, subjectNamespace: namespace });
    if (!permission.allowed) throw new RestError(403, permission.reason);
  }
  return user;
}

function keyUnavailable(error: Error, { path }: Receiver, { log }: ReceiverRoutesOptions): never {
  if (error.name !== 'SecretUnavailable') throw error;
  log.warn({ receiver: path, why: error.message }, 'a signature cannot be checked');
  throw new RestError(503, 'signatures cannot be checked now: try again', { retryAfterSeconds: 10 });
}

/** `application/json`, and what is made of it: `application/cloudevents+json`. */
function isJson(type: string): boolean {
  return type === '' || type === 'application/json' || /^application\/[-\w.]+\+json$/.test(type);
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new RestError(400, `the body is not JSON: ${(error as Error).message}`);
  }
}
