import { createHash } from 'node:crypto';
import type { HeldObject } from './clients.ts';

/** One line an object: where it is, its uid, its resourceVersion, and a hash of everything in it. */
export function digest(objects: readonly HeldObject[], part: 'whole' | 'metadata'): string[] {
  return objects
    .map((object) => {
      const { namespace, name, uid, resourceVersion } = object.metadata as Record<string, unknown>;
      const content = part === 'metadata' ? object.metadata : object;
      const hash = createHash('sha256')
        .update(JSON.stringify(sorted(content)))
        .digest('hex')
        .slice(0, 16);
      return `${namespace}/${name} uid=${uid} resourceVersion=${resourceVersion} ${hash}`;
    })
    .sort();
}

/** What differs, a few lines of it; undefined when nothing does. */
export function difference(held: readonly string[] | null, served: readonly string[]): string | undefined {
  if (held === null) return 'holds no complete list';
  const [ours, theirs] = [new Set(held), new Set(served)];
  const wrong = held.filter((line) => !theirs.has(line)).map((line) => `holds  ${line}`);
  const missing = served.filter((line) => !ours.has(line)).map((line) => `served ${line}`);
  const lines = [...wrong, ...missing];
  if (lines.length === 0) return held.length === served.length ? undefined : 'holds an object twice';
  const order = (line: string): string => line.slice(7);
  const shown = lines.toSorted((a, b) => order(a).localeCompare(order(b))).slice(0, 8);
  return `${lines.length} lines differ:\n${shown.join('\n')}`;
}

/** With the keys of all objects in order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
