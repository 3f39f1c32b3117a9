import type { CoreEvent } from './event.ts';

/** What the cluster said to a write. */
export type WriteAnswer =
  | { readonly outcome: 'written' }
  /** 404: the Event to repeat, or the namespace. */
  | { readonly outcome: 'missing'; readonly message: string }
  /** The namespace is being deleted. */
  | { readonly outcome: 'terminating'; readonly message: string }
  /** It would say the same again: no right, or not valid. */
  | { readonly outcome: 'refused'; readonly status: number; readonly message: string }
  /** 429 or 5xx: it may say something else a little later. */
  | { readonly outcome: 'busy'; readonly status: number; readonly message: string }
  | { readonly outcome: 'unreachable'; readonly message: string };

/** The cluster's Events, wired by `cli/`. Never rejects, except with the reason of an aborted `signal`. */
export interface EventWriter {
  /** One of the same name that exists already is `written`: names are unique to what happened. */
  create(event: CoreEvent, signal: AbortSignal): Promise<WriteAnswer>;
  /** Raises the count of an Event that was written before. */
  repeat(
    event: { readonly namespace: string; readonly name: string },
    change: { readonly count: number; readonly lastTimestamp: string },
    signal: AbortSignal,
  ): Promise<WriteAnswer>;
}
