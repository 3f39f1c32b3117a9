import { isRecord } from './object.ts';

/**
 * The paths that a plugin declares, as a tree: what of an object is kept (`strip.ts`) and what of its JSON is read at
 * all (`json-projection.ts`).
 */
export type Selection = true | ReadonlyMap<string, Selection>;

export const ANNOTATIONS = 'metadata.annotations';

/** `true` keeps everything below; paths are dotted and pass through lists (`segmentsOf`). */
export function selectionOf(paths: readonly string[]): ReadonlyMap<string, Selection> {
  const root = new Map<string, Selection>();
  for (const path of paths) declare(root, path);
  return root;
}

function declare(root: Map<string, Selection>, path: string): void {
  let node = root;
  const segments = segmentsOf(path);
  for (const [index, segment] of segments.entries()) {
    const below = node.get(segment);
    if (below === true) return;
    if (index === segments.length - 1) {
      node.set(segment, true);
      return;
    }
    const next = new Map(below);
    node.set(segment, next);
    node = next;
  }
}

/** `a.b` and, through a list, `a[].b`; a key that has dots itself is in quotes: `data["tls.crt"]`. */
function segmentsOf(path: string): string[] {
  const parts = path.replaceAll(/\[[*\d]*\]/g, '').matchAll(/\["([^"]+)"\]|([^.[]+)/g);
  return [...parts].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

/** What is selected of a value; undefined when nothing is. Of a list every item is looked into, of its lists as well. */
export function select(value: unknown, selection: Selection): unknown {
  if (selection === true) return value;
  if (Array.isArray(value))
    return value.map((item: unknown) => select(item, selection)).filter((item) => item !== undefined);
  if (!isRecord(value)) return undefined;
  const kept: Record<string, unknown> = {};
  for (const [name, below] of selection) {
    const part = Object.hasOwn(value, name) ? select(value[name], below) : undefined;
    if (part !== undefined) kept[name] = part;
  }
  return kept;
}

/** Keys of annotations contain dots, so what follows `metadata.annotations.` is one key. */
export function declaredAnnotations(fields: readonly string[]): 'all' | ReadonlySet<string> {
  if (fields.some((path) => path === 'metadata' || path === ANNOTATIONS)) return 'all';
  return new Set(
    fields.filter((path) => path.startsWith(`${ANNOTATIONS}.`)).map((path) => path.slice(ANNOTATIONS.length + 1)),
  );
}
