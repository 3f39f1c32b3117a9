import type { ClusterObject, ObjectSource } from '../../controllers/runtime/index.ts';

/** What a watch of the cluster's Namespaces has seen. */
export type NamespaceNews =
  /** Every namespace there is, as uids by name. */
  | { readonly type: 'listed'; readonly uids: ReadonlyMap<string, string> }
  /** It begins to go: from now on it takes nothing. */
  | { readonly type: 'going'; readonly name: string }
  | { readonly type: 'gone'; readonly name: string };

export type WatchNamespaces = (signal: AbortSignal) => AsyncIterable<NamespaceNews>;

/** With the runtime's reflector, for ever: what happens while the watch is broken is seen in the list that follows. */
export function watchNamespaces(source: ObjectSource, onFault: (message: string) => void): WatchNamespaces {
  return async function* (signal) {
    let uids = new Map<string, string>();
    let fault = '';
    for await (const event of source.watch({ apiVersions: ['v1'], kind: 'Namespace' }, signal)) {
      switch (event.type) {
        case 'listing':
          uids = new Map();
          break;
        case 'listed':
          for (const object of event.objects) uids.set(object.metadata.name, object.metadata.uid ?? '');
          break;
        case 'synced':
          yield { type: 'listed', uids };
          uids = new Map();
          break;
        case 'applied':
          if (isGoing(event.object)) yield { type: 'going', name: event.object.metadata.name };
          break;
        case 'deleted':
          yield { type: 'gone', name: event.object.metadata.name };
          break;
        case 'watching':
          fault = '';
          break;
        case 'waiting':
          if (event.fault.message !== fault) onFault(event.fault.message);
          fault = event.fault.message;
          break;
        default:
          event satisfies never;
      }
    }
  };
}

function isGoing({ metadata }: ClusterObject): boolean {
  return (metadata as { deletionTimestamp?: string }).deletionTimestamp !== undefined;
}
