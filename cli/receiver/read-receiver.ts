import { basename } from 'node:path';
import type { Declaration } from '../../apiserver/receivers/index.ts';
import { compileReceiver, type Receiver } from '../../apiserver/receivers/index.ts';
import { type WebhookReceiver, webhookReceiverSchema } from '../../crds/webhook-receiver.ts';
import { checkedDocument } from '../configuration/checked-document.ts';
import { ConfigurationError } from '../configuration/fault.ts';

/** A receiver from its file, ready to be asked. Throws a ConfigurationError with every fault at its line and column. */
export async function readReceiver(file: string, text: string): Promise<Receiver> {
  const { document, value } = checkedDocument<WebhookReceiver>(basename(file), text, webhookReceiverSchema);
  const declaration: Declaration = { receiver: value, origin: 'configuration' };
  const { receiver, faults } = await compileReceiver(declaration);
  if (receiver !== undefined) return receiver;
  const placed = faults.map(({ path, message, place }) =>
    place ? document.faultWithin(path.split('.'), message, place) : document.fault(path.split('.'), message),
  );
  throw new ConfigurationError(basename(file), placed);
}
