import type { WebhookReceiver } from '../../crds/webhook-receiver.ts';

/** A receiver that somebody declared; its form was checked (`webhookReceiverSchema`). */
export interface Declaration {
  readonly receiver: WebhookReceiver;
  readonly origin: 'configuration' | 'cluster';
}

/** What is wrong with a declaration. */
export interface DeclarationFault {
  /** `spec.subject`. */
  readonly path: string;
  readonly message: string;
  /** Of an expression: where in it, from 1. */
  readonly place?: { readonly line: number; readonly column: number };
}

/** One line: `spec.subject 1:9: nothing is called paylod`. */
export function faultText({ path, message, place }: DeclarationFault): string {
  return `${path}${place ? ` ${place.line}:${place.column}` : ''}: ${message}`;
}

/** Where a receiver takes deliveries, below `/api/v1/receivers/`. */
export function receiverPath({ kind, metadata: { name, namespace = '' } }: WebhookReceiver): string {
  return kind === 'ClusterWebhookReceiver' ? `cluster/${name}` : `namespaces/${namespace}/${name}`;
}
