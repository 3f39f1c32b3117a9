import type { ObjectReference } from '../../crds/explanation.ts';
import { pluralOf } from '../../crds/plural.ts';

/** A kind as its cluster serves it: what a right is about. */
export interface ServedKind {
  readonly group: string;
  readonly version: string;
  /** The plural. */
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** Which kind somebody means. */
export interface Kinds {
  /** Undefined when the cluster serves none of that name. Rejects when the cluster cannot be asked. */
  resolve(reference: ObjectReference): Promise<ServedKind | undefined>;
}

/** Where there is no cluster to ask: what is written is believed. */
export const guessedKinds: Kinds = {
  resolve: async ({ group = '', kind, namespace }) => ({
    ...{ group, kind, version: '' },
    resource: /^[A-Z]/.test(kind) ? pluralOf(kind) : kind.toLowerCase(),
    namespaced: namespace !== undefined,
  }),
};
