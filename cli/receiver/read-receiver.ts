import { basename } from 'node:path';
import type { Declaration } from '../../apiserver/receivers/index.ts';
import { compileReceiver, type Receiver } from '../../apiserver/receivers/index.ts';
import { type WebhookReceiver, webhookReceiverSchema } from '../../crds/webhook-receiver.ts';
import { ConfigurationDocument } from '../configuration/document.ts';
import { ConfigurationError, type ConfigurationFault } from '../configuration/fault.ts';

/** A receiver from its file, ready to be asked. Throws a ConfigurationError with every fault at its line and column. */
export async function readReceiver(file: string, text: string): Promise<Receiver> {
  const document = new ConfigurationDocument(text);
  const fail = (faults: readonly ConfigurationFault[]): never => {
    throw new ConfigurationError(basename(file), faults);
  };
  if (document.faults.length > 0) fail(document.faults);
  const { value, error } = webhookReceiverSchema.validate(document.value() ?? {}, {
    abortEarly: false,
    convert: false,
    errors: { label: false, wrap: { label: false, array: false } },
  });
  if (error) {
    fail(
      error.details.map(({ path, type, message }) =>
        document.fault(path, message.trim(), type === 'object.unknown' ? 'key' : 'value'),
      ),
    );
  }
  const declaration: Declaration = { receiver: value as WebhookReceiver, origin: 'configuration' };
  const { receiver, faults } = await compileReceiver(declaration);
  if (receiver !== undefined) return receiver;
  return fail(
    faults.map(({ path, message, place }) =>
      place ? document.faultWithin(path.split('.'), message, place) : document.fault(path.split('.'), message),
    ),
  );
}
