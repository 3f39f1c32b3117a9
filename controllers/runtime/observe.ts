import type { Clock } from './clock.ts';
import type { LoadedController } from './loader.ts';
import type { ClusterObject } from './object.ts';
import { isRecord } from './object.ts';
import type { Read } from './plugin.ts';

/** How a look failed, and so when to look again. Told apart by name, because source and dist are two copies. */
export type LookFailure =
  | { readonly kind: 'terminal'; readonly message: string }
  | { readonly kind: 'timeout'; readonly message: string }
  | { readonly kind: 'retryAfter'; readonly ms: number; readonly message: string }
  /** `panic`: nobody threw it on purpose. */
  | { readonly kind: 'retry'; readonly message: string; readonly panic: boolean };

export class ObservationTimeout extends Error {
  override readonly name = 'ObservationTimeout';
}

/** What Go would panic with: a fault in the code of `observe`. */
const PANICS: ReadonlySet<string> = new Set(['TypeError', 'ReferenceError', 'RangeError', 'SyntaxError']);

export function failureOf(error: unknown): LookFailure {
  const name = isRecord(error) ? error.name : undefined;
  const message = error instanceof Error ? error.message : String(error);
  if (name === 'TerminalError') return { kind: 'terminal', message };
  if (name === 'ObservationTimeout') return { kind: 'timeout', message };
  if (name === 'RetryAfter' && isRecord(error) && typeof error.ms === 'number' && error.ms >= 0) {
    return { kind: 'retryAfter', ms: error.ms, message };
  }
  const panic = !(error instanceof Error) || PANICS.has(error.name);
  return { kind: 'retry', message, panic };
}

/**
 * Calls `observe`, where its plugin runs, for at most `timeoutMs`. A plugin that does not answer in time is left behind (its signal aborts), so
 * that it cannot hold a worker for ever.
 */
export async function observeWithin(
  { definition, host, options }: Pick<LoadedController, 'definition' | 'host' | 'options'>,
  look: { object: ClusterObject; read: (signal: AbortSignal) => Read },
  limits: { timeoutMs: number; clock: Clock; signal: AbortSignal },
): Promise<unknown> {
  const { timeoutMs, clock, signal } = limits;
  signal.throwIfAborted();
  // Until it may begin, no time runs.
  const leave = await host?.admit(look.object, signal);
  const given = new AbortController();
  const end = Promise.withResolvers<never>();
  const giveUp = (error: unknown): void => {
    end.reject(error);
    given.abort(error);
  };
  const stop = (): void => giveUp(signal.reason);
  const cancel = clock.after(timeoutMs, () => {
    giveUp(new ObservationTimeout(`observe() took longer than ${timeoutMs / 1_000} s`));
  });
  signal.addEventListener('abort', stop, { once: true });
  try {
    // Inside an async function, so that a plugin which throws at once is not different from one that rejects.
    const verdict = (async () => definition.observe(look.object, look.read(given.signal), options))();
    return await Promise.race([verdict, end.promise]);
  } finally {
    cancel();
    signal.removeEventListener('abort', stop);
    leave?.();
  }
}
