import type { OrderClass } from '../../crds/report.ts';
import {
  type ReceiverKind,
  receiverSource,
  type WebhookReceiver,
  webhookReceiverSchema,
} from '../../crds/webhook-receiver.ts';
import { faultsOf } from '../ingest/input.ts';
import { compileReceiver, type Receiver } from './compile.ts';
import { type Declaration, type DeclarationFault, receiverPath } from './declaration.ts';
import type { ReceiverObject } from './ports.ts';

/** One declared receiver, accepted or not. */
export interface Entry {
  readonly path: string;
  readonly source: string;
  /** Undefined: of the cluster. */
  readonly namespace: string | undefined;
  readonly orderClass: OrderClass;
  /** Which version of the object this is; absent where objects have none. */
  readonly version: string | undefined;
  readonly receiver: Receiver | undefined;
  readonly faults: readonly DeclarationFault[];
}

/** Of an object whose form was checked, from a file or the configuration. */
export async function declaredEntry(declaration: Declaration): Promise<Entry> {
  const { kind, metadata, spec } = declaration.receiver;
  const { receiver, faults } = await compileReceiver(declaration);
  return {
    path: receiverPath(declaration.receiver),
    source: receiverSource(kind, metadata.name),
    namespace: metadata.namespace,
    orderClass: spec.observedAt === undefined ? 'received' : 'run',
    version: undefined,
    receiver,
    faults,
  };
}

/** Of an object of a cluster, of which nothing was checked. */
export async function watchedEntry(kind: ReceiverKind, object: ReceiverObject): Promise<Entry> {
  const version = versionOf(object);
  const faults = faultsOf(webhookReceiverSchema, { ...object, kind });
  if (faults.length === 0) {
    const checked = webhookReceiverSchema.validate({ ...object, kind }).value as WebhookReceiver;
    return { ...(await declaredEntry({ receiver: checked, origin: 'cluster' })), version };
  }
  const { name, namespace } = object.metadata;
  const { observedAt } = (object.spec ?? {}) as { observedAt?: unknown };
  return {
    path: pathOf(kind, object),
    source: receiverSource(kind, name),
    namespace,
    orderClass: observedAt === undefined ? 'received' : 'run',
    version,
    receiver: undefined,
    faults,
  };
}

export function pathOf(kind: ReceiverKind, { metadata: { name, namespace } }: ReceiverObject): string {
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
  return receiverPath({ kind, metadata } as WebhookReceiver);
}

/** Changes with the spec and not with the status; undefined where nobody counts. */
export function versionOf({ metadata }: ReceiverObject): string | undefined {
  const { generation, uid } = metadata as { generation?: number; uid?: string };
  return generation === undefined || uid === undefined ? undefined : `${uid}/${generation}`;
}
