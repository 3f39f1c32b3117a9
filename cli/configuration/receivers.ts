import type { Declaration } from '../../apiserver/receivers/index.ts';
import { type WebhookReceiver, webhookReceiverSchema } from '../../crds/webhook-receiver.ts';
import type { ConfigurationFault, Path } from './fault.ts';
import type { ReadConfiguration } from './load.ts';

/**
 * The receivers of a configuration, and what is wrong with their expressions, at the very place. Entries whose form is
 * wrong were told with the configuration.
 */
export async function loadReceivers(
  read: Pick<ReadConfiguration, 'configuration' | 'writtenReceivers' | 'fault' | 'faultWithin'>,
): Promise<{ readonly receivers: readonly Declaration[]; readonly faults: readonly ConfigurationFault[] }> {
  const entries: readonly unknown[] = read.configuration?.receivers ?? read.writtenReceivers;
  if (entries.length === 0) return { receivers: [], faults: [] };
  // Most configurations have none, and a process of controllers never does.
  const { compileReceiver, receiverPath } = await import('../../apiserver/receivers/index.ts');
  const faults: ConfigurationFault[] = [];
  const receivers: Declaration[] = [];
  const taken = new Map<string, number>();
  for (const [index, entry] of entries.entries()) {
    const { value, error } = webhookReceiverSchema.validate(entry);
    if (error) continue;
    const declaration: Declaration = { receiver: value as WebhookReceiver, origin: 'configuration' };
    const at = (path: string): Path => ['receivers', index, ...path.split('.')];
    const path = receiverPath(declaration.receiver);
    const other = taken.get(path);
    if (other !== undefined) faults.push(read.fault(at('metadata.name'), `is already the name of receivers[${other}]`));
    taken.set(path, index);
    for (const fault of (await compileReceiver(declaration)).faults) {
      faults.push(
        fault.place
          ? read.faultWithin(at(fault.path), fault.message, fault.place)
          : read.fault(at(fault.path), fault.message),
      );
    }
    receivers.push(declaration);
  }
  return { receivers, faults };
}
