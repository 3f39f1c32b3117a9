import { type ClusterObject, isRecord } from './object.ts';

/** A dotted path into an object, such as `spec.nodeName`; what follows `metadata.labels.` and `metadata.annotations.` is one key. */
export type FieldPath = (object: ClusterObject) => readonly string[];

const KEYED = /^metadata\.(labels|annotations)\.(.+)$/;

/** All texts at a path, which passes through lists (`spec.volumes.name`); numbers and booleans as text, each once. */
export function fieldPath(path: string): FieldPath {
  const keyed = KEYED.exec(path);
  const segments = keyed === null ? path.replaceAll(/\[[*\d]*\]/g, '').split('.') : ['metadata', ...keyed.slice(1)];
  return (object) => {
    const found = new Set<string>();
    collect(object, segments as string[], 0, found);
    return [...found];
  };
}

function collect(value: unknown, segments: readonly string[], depth: number, found: Set<string>): void {
  if (Array.isArray(value)) {
    for (const item of value) collect(item, segments, depth, found);
    return;
  }
  const segment = segments[depth];
  if (segment !== undefined) {
    if (isRecord(value) && Object.hasOwn(value, segment)) collect(value[segment], segments, depth + 1, found);
  } else if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    found.add(String(value));
  }
}
