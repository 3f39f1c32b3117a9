import type { ObjectLike } from '../runtime/plugin.ts';

/** Changes of objects that make them half filled: a list that depends on nothing but the objects. */

type Path = readonly (string | number)[];

export interface Change {
  /** The first is the index of the object. */
  readonly path: Path;
  readonly value: unknown;
}

const REMOVED = Symbol('removed');

/** One of every type, and of texts those that are none, too long, no time, or act on a terminal. */
const VALUES: readonly unknown[] = [
  ...[
    REMOVED,
    null,
    true,
    0,
    -1,
    0.5,
    '',
    'text',
    '9999-12-31T23:59:59Z',
    '\u202e\u001b[31mevil\u0000',
    [],
    [null],
    {},
    [{}],
  ],
  'x'.repeat(10_000),
];

/** What the API server vouches for, of any kind: who an object is, and who its owners are. */
const IDENTITY =
  /^(apiVersion|kind|metadata|metadata\.(name|namespace|uid)|metadata\.ownerReferences\.\d+\.(apiVersion|kind|name|uid))$/;

/** Each path of each object, with what it becomes. */
export function changesOf(objects: readonly ObjectLike[]): Change[] {
  const paths = objects.flatMap((object, index) =>
    pathsOf(object)
      .filter((path) => !IDENTITY.test(path.join('.')))
      .map((path): Path => [index, ...path]),
  );
  return paths.flatMap((path) => VALUES.map((value) => ({ path, value })));
}

/** A copy of the objects with the changes; of a path that an earlier one took away nothing is left to change. */
export function changed(objects: readonly ObjectLike[], changes: readonly Change[]): ObjectLike[] {
  const copy = structuredClone(objects) as ObjectLike[];
  for (const { path, value } of changes) {
    const last = path.at(-1);
    const parent = path.slice(0, -1).reduce<unknown>((at, key) => (isContainer(at) ? at[key] : undefined), copy);
    if (!isContainer(parent) || last === undefined) continue;
    if (value === REMOVED) delete parent[last];
    else parent[last] = structuredClone(value);
  }
  return copy;
}

export function describeChanges(objects: readonly ObjectLike[], changes: readonly Change[]): string {
  if (changes.length === 0) return 'nothing is changed';
  const one = ({ path: [index, ...path], value }: Change): string => {
    const object = objects[Number(index)];
    const what = value === REMOVED ? 'is missing' : `is ${JSON.stringify(value).slice(0, 60)}`;
    return `${path.join('.')} of ${object?.kind} ${object?.metadata.name} ${what}`;
  };
  return changes.map(one).join(', and ');
}

/** Numbers in [0, 1) that depend on the seed alone (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function shuffled<T>(list: readonly T[], random: () => number): T[] {
  const copy = [...list];
  for (let index = copy.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1));
    [copy[index], copy[other]] = [copy[other] as T, copy[index] as T];
  }
  return copy;
}

function pathsOf(value: unknown, at: Path = []): Path[] {
  const here = at.length === 0 ? [] : [at];
  if (!isContainer(value)) return here;
  const keys = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  return [...here, ...keys.flatMap((key) => pathsOf(value[key], [...at, key]))];
}

function isContainer(value: unknown): value is Record<string | number, unknown> {
  return typeof value === 'object' && value !== null;
}
