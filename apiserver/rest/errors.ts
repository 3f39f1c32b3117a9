import type { Context, Middleware } from 'koa';
import type { InputFault } from '../../crds/report.ts';
import { answerJson } from './answer-json.ts';

/**
 * Errors of /api/v1 are `{error, details?}`, in the form that Kite's clients know. One table from what the engine throws
 * to what is answered; whatever is not in it is not ours to word and goes on to the server's envelope (500 and a log line).
 */
export class RestError extends Error {
  override readonly name = 'RestError';
  readonly status: number;
  readonly details: readonly InputFault[];
  readonly retryAfterSeconds: number | undefined;

  constructor(
    status: number,
    message: string,
    more: { readonly details?: readonly InputFault[]; readonly retryAfterSeconds?: number } = {},
  ) {
    super(message);
    this.status = status;
    this.details = more.details ?? [];
    this.retryAfterSeconds = more.retryAfterSeconds;
  }
}

/** Throws 400 for another moment than now where only the present is answered: it must not be taken for the past. */
export function requireNow({ asOf }: { readonly asOf?: string | string[] | undefined }): void {
  if (asOf !== undefined) throw new RestError(400, 'asOf: this is answered as it is now');
}

/** By name: an error may come from another copy of the class (source and `dist`). */
const STATUS: Readonly<Record<string, number>> = {
  InvalidInput: 400,
  // Of a read: a value that the database cannot compare with. What reports say is answered for each of them (422).
  CommitRefused: 400,
  NotAllowed: 403,
  Fenced: 409,
  TooManyReports: 429,
  StoreUnavailable: 503,
  NamespacesUnavailable: 503,
  AccessUnavailable: 503,
};

const OWN_WORDS: Readonly<Record<string, string>> = {
  StoreUnavailable: 'the database does not answer: try again',
  CommitRefused: 'the request has a value that the database can neither store nor compare with',
};

/** The error as it is answered, or undefined for a fault of ours. */
export function restError(error: unknown): RestError | undefined {
  if (error instanceof RestError) return error;
  if (!(error instanceof Error)) return undefined;
  const status = STATUS[error.name];
  if (status === undefined) return undefined;
  const { faults, retryAfterSeconds = 1 } = error as Error & {
    faults?: readonly InputFault[];
    retryAfterSeconds?: number;
  };
  // What a database says about itself is for the log.
  const message = OWN_WORDS[error.name] ?? error.message;
  return new RestError(status, message, {
    ...(faults ? { details: faults } : {}),
    ...(status === 429 || status === 503 ? { retryAfterSeconds } : {}),
  });
}

/** Answers what the routes behind it throw. */
export const answerErrors: Middleware = async (ctx, next) => {
  try {
    await next();
  } catch (error) {
    const known = restError(error);
    if (!known) throw error;
    answer(ctx, known);
  }
};

function answer(ctx: Context, { status, message, details, retryAfterSeconds }: RestError): void {
  ctx.status = status;
  if (retryAfterSeconds !== undefined) ctx.set('Retry-After', String(retryAfterSeconds));
  // What is left of a body that nobody read would be taken for the next request.
  if (status === 413) ctx.set('Connection', 'close');
  answerJson(ctx, { error: message, ...(details.length > 0 ? { details } : {}) });
}
