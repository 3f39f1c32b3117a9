import type { KubernetesObject } from '../../crds/meta.ts';
import { type StoreChanges, StoreUnavailable } from './store.ts';

/**
 * The port through which a resource of somebody's own is written and read (docs/adr/0005): its objects, the change log
 * with numbers of the one counter, and who may write. `resource-log.contract.ts` is run on each implementation.
 */
export interface ResourceLog extends StoreChanges {
  /**
   * Takes or keeps the right to write for `holder` (one server process), for 15 s from now. Answers the epoch of its
   * term, or undefined while another holder has it. Called again by the same holder it is the same epoch, unless another
   * one wrote in between.
   */
  lead(holder: string): Promise<number | undefined>;
  /** Gives the right back before its time, so that another server need not wait. */
  release(holder: string): Promise<void>;
  /** Names of everything that is stored. */
  keys(): Promise<ObjectKey[]>;
  /** The stored objects among these; at most a few hundred are asked for at once. */
  read(keys: readonly ObjectKey[]): Promise<KubernetesObject[]>;
  /** Writes all of it in one transaction. Throws Fenced, and writes nothing, when `epoch` is not the current one. */
  write(epoch: number, writes: readonly ObjectWrite[]): Promise<void>;
  /** What is stored is complete: from now on the resource is served. Throws Fenced as `write` does. */
  complete(epoch: number): Promise<void>;
  /** Whether it was ever complete: until then that nothing is stored under a name says nothing. */
  filled(): Promise<boolean>;
}

/** Where the logs of resources come from. */
export interface ResourceStore {
  /** `resource`: the plural, a DNS label. */
  resourceLog(resource: string): ResourceLog;
}

export interface ObjectKey {
  /** '' for a resource without namespaces. */
  readonly namespace: string;
  readonly name: string;
}

/** The next state of one object, or for DELETED its last. `metadata.uid` is a UUID; resourceVersion is ours to give. */
export interface ObjectWrite {
  readonly op: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: Unversioned;
  /** Of the version before; absent for ADDED. */
  readonly previous?: { readonly labels: Record<string, string>; readonly fields: Record<string, string> };
}

export type Unversioned = Omit<KubernetesObject, 'metadata'> & {
  readonly metadata: Omit<KubernetesObject['metadata'], 'resourceVersion'>;
};

/** Another server writes this resource now. */
export class Fenced extends Error {
  override readonly name = 'Fenced';
}

/** Nobody has said yet that the objects are complete: 503, never 404 (aggregated-api E4). */
export class NotYetFilled extends StoreUnavailable {}
