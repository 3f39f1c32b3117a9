import type { ReceiverKind } from '../../crds/webhook-receiver.ts';
import type { DeclarationFault } from './declaration.ts';

/** An object of one of the two kinds as it came from a cluster: nothing of it is checked. */
export interface ReceiverObject {
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly generation?: number };
  readonly [field: string]: unknown;
}

/** What a watch of one kind has seen. */
export type ReceiverNews =
  /** Every object there is. */
  | { readonly type: 'listed'; readonly objects: readonly ReceiverObject[] }
  | { readonly type: 'applied'; readonly object: ReceiverObject }
  | { readonly type: 'deleted'; readonly object: ReceiverObject }
  /** The kind is not installed, or may not be watched, for now. */
  | { readonly type: 'absent' };

/** Follows the objects of a kind until the signal aborts; never throws. */
export type WatchReceivers = (kind: ReceiverKind, signal: AbortSignal) => AsyncIterable<ReceiverNews>;

/** Says in the status of an object whether it is accepted. Never rejects: who may not write it says nothing. */
export type WriteReceiverStatus = (
  object: ReceiverObject,
  kind: ReceiverKind,
  outcome: { readonly path: string; readonly faults: readonly DeclarationFault[] },
) => Promise<void>;

/** The part of the store that row 8 needs. */
export interface LeadReceivers {
  lead(
    manager: string,
    shard: string,
    sources: readonly {
      readonly name: string;
      readonly class: 'run' | 'received' | 'state';
      readonly filter: { namespaces: string[]; labelSelector: string };
    }[],
  ): Promise<number[]>;
}

export interface ReceiversLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}
