import { groupOf } from '../../crds/meta.ts';
import type { ObjectLike } from './plugin.ts';

/** A cluster object as it was read: identity is checked, the rest is whatever the cluster or the file held. */
export type ClusterObject = ObjectLike & { readonly [field: string]: unknown };

export type JsonObject = { readonly [key: string]: unknown };

export function isRecord(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether this is a Kubernetes object that can be told apart: apiVersion, kind and a name. */
export function isClusterObject(value: unknown): value is ClusterObject {
  return (
    isRecord(value) &&
    typeof value.apiVersion === 'string' &&
    value.apiVersion !== '' &&
    typeof value.kind === 'string' &&
    value.kind !== '' &&
    isRecord(value.metadata) &&
    typeof value.metadata.name === 'string' &&
    value.metadata.name !== '' &&
    (value.metadata.namespace === undefined || typeof value.metadata.namespace === 'string')
  );
}

/** `namespace/name`, the key of an object within its kind; cluster-scoped objects have an empty namespace. */
export function objectKey(object: ObjectLike): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

/** The namespace of a key of `objectKey`. */
export function namespaceOf(key: string): string {
  return key.slice(0, key.indexOf('/'));
}

/** `group/Kind`: what makes a kind the same across its versions. */
export function kindId(apiVersion: string, kind: string): string {
  return `${groupOf(apiVersion)}/${kind}`;
}

/** What is left of a deleted object: its name. */
export function ghostOf(
  key: string,
  { apiVersions, kind }: { apiVersions: readonly string[]; kind: string },
): ClusterObject {
  const [apiVersion = 'v1'] = apiVersions;
  const namespace = namespaceOf(key);
  const metadata = { name: key.slice(namespace.length + 1), ...(namespace && { namespace }) };
  return { apiVersion, kind, metadata };
}
