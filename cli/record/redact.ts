import type { ClusterObject } from '../../controllers/runtime/index.ts';
import { maskSecrets } from '../../crds/mask-secrets.ts';

const MASK = '***';
/** Says what something is called or where it is, not what it is: `secretName`, `tokenPath`. */
const REFERENCE = /(name|names|namespace|ref|path|type|kind|class|version|seconds|timestamp)$/i;
const WHO = ['name', 'namespace', 'uid', 'resourceVersion', 'creationTimestamp', 'ownerReferences'] as const;
/** Both hold the object once more. */
const DROPPED_ANNOTATIONS = ['kubectl.kubernetes.io/last-applied-configuration', 'kubed.appscode.com/origin'];

/**
 * An object without what may be secret: all values of a Secret, strings whose name says so (`password`, an environment
 * variable `API_TOKEN`), and in all other strings what `maskSecrets` masks in evidence. Who it is and what it is called stays,
 * and so does the shape. Managed fields and the copy that kubectl keeps are dropped.
 */
export function redact(object: ClusterObject): ClusterObject {
  const { apiVersion, kind } = object;
  const { managedFields: _, annotations, ...metadata } = object.metadata as unknown as Record<string, unknown>;
  const kept = Object.entries((annotations as Record<string, unknown> | undefined) ?? {}).filter(
    ([key]) => !DROPPED_ANNOTATIONS.includes(key),
  );
  const masked = below({ ...metadata, ...(annotations !== undefined && { annotations: Object.fromEntries(kept) }) });
  const who = Object.fromEntries(WHO.filter((name) => name in metadata).map((name) => [name, metadata[name]]));
  const rest = below({ ...object, metadata: undefined }) as Record<string, unknown>;
  const secret =
    apiVersion === 'v1' && kind === 'Secret'
      ? { data: hidden(object.data), stringData: hidden(object.stringData) }
      : {};
  return withoutNothing({ ...rest, ...secret, apiVersion, kind, metadata: { ...(masked as object), ...who } });
}

function withoutNothing(object: Record<string, unknown>): ClusterObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as ClusterObject;
}

/** Of a map its keys. */
function hidden(values: unknown): unknown {
  if (typeof values !== 'object' || values === null) return undefined;
  return Object.fromEntries(Object.keys(values).map((key) => [key, MASK]));
}

/** `isSecret`: its name, or that of what it is a part of, says so. */
function below(value: unknown, isSecret = false): unknown {
  if (typeof value === 'string') return isSecret && value !== '' ? MASK : maskSecrets(value);
  if (Array.isArray(value)) return value.map((item) => below(item, isSecret));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, part]) => {
    const name = nameOf(key, value);
    return [key, below(part, !REFERENCE.test(name) && (isSecret || isSensitive(name)))];
  });
  return Object.fromEntries(entries) as unknown;
}

/** What a member is called: of `{name: API_TOKEN, value: x}` the value is called API_TOKEN. */
function nameOf(key: string, parent: object): string {
  return key === 'value' && 'name' in parent && typeof parent.name === 'string' ? parent.name : key;
}

/** Whether the masking of text would mask what is written after this name. */
function isSensitive(name: string): boolean {
  const line = `"${name}": opaque`;
  return maskSecrets(line) !== line;
}
