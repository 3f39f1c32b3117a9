import type { ServedKind } from './discovery.ts';
import type { SourceEvent } from './source.ts';
import type { WatchStream } from './watch-stream.ts';

export type ReflectorState =
  /** Which version, and where. Also the way back when the list is to be repeated. */
  | { readonly phase: 'discover' }
  /** A streamed list (WatchList): less memory on both sides, and already the watch. */
  | { readonly phase: 'openStream'; readonly served: ServedKind }
  | { readonly phase: 'receiveList'; readonly served: ServedKind; readonly stream: WatchStream }
  | {
      readonly phase: 'page';
      readonly served: ServedKind;
      /** 0: everything at once. */
      readonly limit: number;
      /** The safety relist asks for the very moment that the watch has told of. */
      readonly exact?: string;
      readonly at?: { readonly token: string; readonly resourceVersion: string };
    }
  | { readonly phase: 'openWatch'; readonly served: ServedKind; readonly resourceVersion: string }
  | {
      readonly phase: 'watch';
      readonly served: ServedKind;
      readonly resourceVersion: string;
      readonly stream: WatchStream;
    }
  | { readonly phase: 'wait'; readonly ms: number; readonly next: ReflectorState };

/** What one transition comes to. */
export type Step = readonly [events: readonly SourceEvent[], next: ReflectorState];
