import type { Context } from 'koa';
import type { InputFault } from '../../../crds/report.ts';
import { answerJson } from '../answer-json.ts';
import { restError } from '../errors.ts';

/** What Kite's clients are answered when something is wrong: `{error, details?}`, where details is text. */
export class KiteError extends Error {
  override readonly name = 'KiteError';
  readonly status: number;
  readonly details: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, message: string, details?: string, retryAfterSeconds?: number) {
    super(message);
    this.status = status;
    this.details = details;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export const notFound = (): KiteError => new KiteError(404, 'Issue not found');
export const accessDenied = (details?: string): KiteError =>
  new KiteError(403, 'Access denied to this namespace', details);
export const validationFailed = (details: string): KiteError => new KiteError(400, 'Validation failed', details);

/** Answers what the routes of Kite throw. Whatever is unknown is a fault of ours and goes on to the server's envelope. */
export async function answerKiteErrors(ctx: Context, next: () => Promise<unknown>): Promise<void> {
  try {
    await next();
  } catch (error) {
    const known = kiteError(error);
    if (!known) throw error;
    ctx.status = known.status;
    if (known.retryAfterSeconds !== undefined) ctx.set('Retry-After', String(known.retryAfterSeconds));
    // What is left of a body that nobody read would be taken for the next request.
    if (known.status === 413 || known.status === 415) ctx.set('Connection', 'close');
    answerJson(ctx, { error: known.message, ...(known.details !== undefined && { details: known.details }) });
  }
}

function kiteError(error: unknown): KiteError | undefined {
  if (error instanceof KiteError) return error;
  const known = restError(error);
  if (!known) return undefined;
  const details = known.details.length > 0 ? detailsOf(known.details) : undefined;
  return new KiteError(known.status, known.message, details, known.retryAfterSeconds);
}

/** `title: is required; links[0].url: …` */
export function detailsOf(faults: readonly InputFault[]): string {
  return faults.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ');
}
