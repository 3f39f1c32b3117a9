import { Failure } from '../exit.ts';
import type { Asker } from './ask.ts';
import { Refusal } from './fault.ts';

/** Which object, as an issue or an owner reference names it. */
export interface ObjectName {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string | undefined;
}

export interface ReadObject {
  readonly metadata?: {
    readonly ownerReferences?: readonly (ObjectName & { readonly controller?: boolean })[];
  };
}

interface ResourceList {
  readonly resources?: readonly { readonly name: string; readonly kind: string; readonly namespaced: boolean }[];
}

/**
 * The object as the cluster has it now, with the rights of the user. `namespace`: of a namespaced kind whose name says none.
 * Rejects with a Failure of one line.
 */
export async function readObject(asker: Asker, object: ObjectName, namespace: string): Promise<ReadObject> {
  const { apiVersion, kind, name } = object;
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const { resources = [] } = await asker.json<ResourceList>(root).then(
    ({ body }) => body,
    (error: unknown): ResourceList => {
      if (error instanceof Refusal && error.status === 404) return {};
      throw error;
    },
  );
  const resource = resources.find((each) => each.kind === kind && !each.name.includes('/'));
  if (resource === undefined) {
    throw new Failure(`${kind} ${name}: this API server does not serve ${apiVersion} ${kind}`);
  }
  const where = resource.namespaced ? `/namespaces/${object.namespace ?? namespace}` : '';
  return (await asker.json<ReadObject>(`${root}${where}/${resource.name}/${encodeURIComponent(name)}`)).body;
}
