import type { ClusterObject } from './object.ts';

/**
 * Where cluster objects come from: the port between the runtime and a live cluster (`live-source.ts`), a watched
 * folder (`folder-source.ts`) or a test. One request is one kind in one namespace, or in all of them.
 */
export interface ObjectSource {
  /** Of a live cluster a `maxAge` bounds how old a failure may be to open an issue; of recorded objects nothing is too old. */
  readonly live: boolean;
  /** Never throws because of the cluster: faults are events, and the generator ends only with the signal. */
  watch(request: WatchRequest, signal: AbortSignal): AsyncGenerator<SourceEvent, void, void>;
  /** The end of a container's log, at most 64 KiB. Absent: there are no logs. Rejects when nobody answers. */
  logs?(request: LogRequest, signal: AbortSignal): Promise<LogAnswer>;
}

/** The names are valid ones of Kubernetes. */
export interface LogRequest {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly tailLines: number;
  /** Of what is read the last so many bytes are wanted. */
  readonly maxBytes: number;
}

export type LogAnswer =
  /** `cut`: there was more before it, so that the first line may lack its beginning. */
  | { readonly text: string; readonly cut: boolean }
  | { readonly missing: 'NotFound' | 'Forbidden' | 'Timeout' | 'Failed' };

export interface WatchRequest {
  /** In order of preference: the first version the server serves is watched. */
  readonly apiVersions: readonly string[];
  readonly kind: string;
  /** One namespace; without it all namespaces, and cluster-scoped kinds. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** What is needed of each object besides identity and metadata, as in a plugin's `fields`; the rest may be left out. Default all. */
  readonly fields?: readonly string[];
  /** Nothing but metadata is needed, so that a server need not send more. Default false. */
  readonly metadataOnly?: boolean;
}

export type SourceEvent =
  /**
   * A list begins: what follows until `synced` is the whole truth, and what is missing from it is gone. `told`: up to where
   * events had told everything, so that what is older than that and nevertheless new was kept from us; with `exact` the list
   * is of that very moment, so that also nothing may be missing from it.
   */
  | { readonly type: 'listing'; readonly told?: { readonly resourceVersion: string; readonly exact: boolean } }
  | { readonly type: 'listed'; readonly objects: readonly ClusterObject[] }
  | { readonly type: 'synced' }
  | { readonly type: 'applied'; readonly object: ClusterObject }
  | { readonly type: 'deleted'; readonly object: ClusterObject }
  /** The watch is open (again): faults that were told are over. */
  | { readonly type: 'watching' }
  /** Nothing arrives for now; the source tries again by itself. */
  | { readonly type: 'waiting'; readonly fault: SourceFault };

/** Why a source waits. `message` names the host or path, the cause and what to do. */
export interface SourceFault {
  readonly reason: 'NotInstalled' | 'Forbidden' | 'Unauthorized' | 'Unreachable' | 'Throttled' | 'ServerError';
  readonly message: string;
  readonly retryInMs: number;
}
