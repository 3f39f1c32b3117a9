import type { ReceiverObject, WatchReceivers } from '../../apiserver/receivers/index.ts';
import type { ObjectSource } from '../../controllers/runtime/index.ts';
import { CONFIG_API_VERSION } from '../../crds/names.ts';

/** With the runtime's reflector, for ever: what happens while the watch is broken is seen in the list that follows. */
export function watchReceivers(source: ObjectSource, onFault: (message: string) => void): WatchReceivers {
  return async function* (kind, signal) {
    let objects: ReceiverObject[] = [];
    let listing = false;
    let fault = '';
    for await (const event of source.watch({ apiVersions: [CONFIG_API_VERSION], kind }, signal)) {
      switch (event.type) {
        case 'listing':
          [objects, listing] = [[], true];
          break;
        case 'listed':
          objects.push(...(event.objects as unknown as ReceiverObject[]));
          break;
        case 'synced':
          listing = false;
          yield { type: 'listed', objects };
          break;
        case 'applied':
          // A streamed list may bring changes while it lasts; they are part of what is listed.
          if (listing) objects.push(event.object as unknown as ReceiverObject);
          else yield { type: 'applied', object: event.object as unknown as ReceiverObject };
          break;
        case 'deleted':
          yield { type: 'deleted', object: event.object as unknown as ReceiverObject };
          break;
        case 'watching':
          fault = '';
          break;
        case 'waiting':
          // A cluster without these kinds is a cluster without receivers: nothing to complain about.
          if (event.fault.reason === 'NotInstalled' || event.fault.reason === 'Forbidden') yield { type: 'absent' };
          if (event.fault.reason !== 'NotInstalled' && event.fault.message !== fault) onFault(event.fault.message);
          fault = event.fault.message;
          break;
        default:
          event satisfies never;
      }
    }
  };
}
