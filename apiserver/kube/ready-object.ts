import { humanDuration } from '../../crds/duration.ts';
import type { KubernetesObject } from '../../crds/meta.ts';
import type { ByteChunks } from './byte-chunks.ts';
import type { PackedRests } from './cache/packed-rests.ts';
import { Strings } from './cache/strings.ts';
import { apiVersionOf, type Cell, type ResourceDefinition } from './resource.ts';

/**
 * An object as the watch cache keeps it: its JSON once, ready to be copied into answers, and beside it only what
 * selecting and ordering need. The JSON of its metadata is a slice of it, so PartialObjectMetadata costs nothing; the
 * cells of its Table row follow in the same allocation, with gaps where ages belong. Immutable, but for where its bytes
 * are: {@link moveRest} packs what follows the metadata together with that of other objects.
 */
export interface ReadyObject {
  readonly namespace: string;
  readonly name: string;
  readonly resourceVersion: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Values of the definition's selectable fields. */
  readonly fields: Readonly<Record<string, string>>;
  /**
   * From `start` to `end` the object, or of a packed one no more than ends with its metadata, and after that the elements
   * of its row's `cells`. Packed neighbours have one Buffer together: the object of Node alone is a hundred bytes.
   */
  readonly bytes: Buffer;
  readonly start: number;
  readonly metadataStart: number;
  readonly metadataEnd: number;
  readonly cellsStart: number;
  readonly end: number;
  /**
   * Ages that are written into the cells when the row is read: for each, ascending, where behind `cellsStart`, and the
   * second since 1970 that it counts from. Flat, because a hundred thousand objects have two each.
   */
  readonly ages: readonly number[];
  /** Of a packed object: where the bytes after its metadata are, and its place there. */
  readonly packed: PackedRests | undefined;
  readonly packedAt: number;
}

/**
 * `strings`: where equal texts of many objects are one. `allocate`: memory for its bytes; by default of its own, because
 * slices of Node's shared pool would keep whole pool pages alive. `rest`: the JSON after its metadata (`Change.rest`), where
 * it is known.
 */
export function readyObject<T extends KubernetesObject>(
  definition: ResourceDefinition<T>,
  object: T,
  strings = new Strings(),
  {
    allocate = Buffer.allocUnsafeSlow,
    rest = restJson(object),
  }: { readonly allocate?: Allocate; readonly rest?: string | undefined } = {},
): ReadyObject {
  const { metadata } = object;
  const cells = encodeCells(definition.columns.map((column) => column.cell(object)));
  return {
    namespace: strings.of(metadata.namespace ?? ''),
    name: metadata.name,
    resourceVersion: Number(metadata.resourceVersion),
    labels: strings.values(metadata.labels ?? {}),
    fields: strings.values(definition.fields(object)),
    ...layOut(prefixOf(definition), JSON.stringify(metadata), rest, cells, allocate),
  };
}

/** The object with another resourceVersion: what a DELETED event carries when an object leaves a selector (W7). */
export function withResourceVersion(ready: ReadyObject, resourceVersion: number): ReadyObject {
  const { bytes, start, metadataStart, metadataEnd, cellsStart, end, ages } = ready;
  const metadata = {
    ...JSON.parse(bytes.toString('utf8', metadataStart, metadataEnd)),
    resourceVersion: String(resourceVersion),
  };
  const prefix = bytes.toString('utf8', start, metadataStart);
  const cells = { text: bytes.toString('utf8', cellsStart, end), ages };
  const suffix = restOf(ready).toString();
  const moved = layOut(prefix, JSON.stringify(metadata), suffix, cells, Buffer.allocUnsafeSlow);
  return { ...ready, resourceVersion, ...moved };
}

/** The object, parsed again: for callers inside this process. */
export function parseReady<T extends KubernetesObject>(ready: ReadyObject): T {
  return JSON.parse(ready.bytes.toString('utf8', ready.start, ready.metadataEnd) + restOf(ready).toString()) as T;
}

/** Bytes of the object's JSON. */
export function objectLength(ready: ReadyObject): number {
  return ready.metadataEnd - ready.start + restLength(ready);
}

/** Bytes after the metadata. */
export function restLength({ packed, packedAt, metadataEnd, cellsStart }: ReadyObject): number {
  return packed ? packed.length(packedAt) : cellsStart - metadataEnd;
}

/** Bytes of the row's cells, without the ages. */
export function cellsLength({ cellsStart, end }: ReadyObject): number {
  return end - cellsStart;
}

/** The bytes after the metadata. */
export function restOf({ bytes, metadataEnd, cellsStart, packed, packedAt }: ReadyObject): Buffer {
  return packed ? packed.read(packedAt) : bytes.subarray(metadataEnd, cellsStart);
}

/** Bytes that it holds itself. */
export function heldBytes({ start, end }: ReadyObject): number {
  return end - start;
}

/**
 * From now on the bytes after the metadata are read from `packed`; `heads` takes from `at` on what stays beside them, the
 * beginning of the object and its cells. Returns where that ends.
 */
export function moveRest(
  ready: ReadyObject,
  { heads, at, packed, place }: { heads: Buffer; at: number; packed: PackedRests; place: number },
): number {
  const { bytes, start, metadataStart, metadataEnd, cellsStart, end } = ready;
  const by = at - start;
  const cellsAt = metadataEnd + by;
  const ends = cellsAt + (end - cellsStart);
  bytes.copy(heads, at, start, metadataEnd);
  bytes.copy(heads, cellsAt, cellsStart, end);
  const moved = { start: at, metadataStart: metadataStart + by, metadataEnd: cellsAt, cellsStart: cellsAt, end: ends };
  Object.assign(ready, { bytes: heads, ...moved, packed, packedAt: place });
  return ends;
}

/** Writes the whole object. */
export function writeObject(chunks: ByteChunks, ready: ReadyObject): void {
  const { bytes, start, metadataEnd, cellsStart, packed } = ready;
  chunks.append(bytes, start, packed ? metadataEnd : cellsStart);
  if (packed) chunks.append(restOf(ready));
}

/** Writes the elements of the row's `cells`, with the ages as of `now` (ms since 1970). */
export function writeCells(chunks: ByteChunks, { bytes, cellsStart, end, ages }: ReadyObject, now: number): void {
  let from = cellsStart;
  for (let age = 0; age < ages.length; age += 2) {
    const offset = cellsStart + (ages[age] as number);
    chunks.append(bytes, from, offset);
    chunks.text(humanDuration(now - (ages[age + 1] as number) * 1_000));
    from = offset;
  }
  chunks.append(bytes, from, end);
}

interface EncodedCells {
  readonly text: string;
  /** As in ReadyObject. */
  readonly ages: readonly number[];
}

function encodeCells(cells: readonly Cell[]): EncodedCells {
  const ages: number[] = [];
  let text = '';
  for (const cell of cells) {
    if (text !== '') text += ',';
    const since = sinceOf(cell);
    if (since === undefined) {
      text += scalar(cell);
      continue;
    }
    if (Number.isNaN(since)) {
      text += '"<unknown>"';
      continue;
    }
    ages.push(Buffer.byteLength(text) + 1, Math.floor(since / 1_000));
    text += '""';
  }
  // Of its length: an array that was pushed to keeps room for seventeen.
  return { text, ages: ages.slice() };
}

/** ms since 1970 of an age, NaN where it is no time; undefined for what is no age. */
function sinceOf(cell: unknown): number | undefined {
  const since = typeof cell === 'object' && cell !== null && 'since' in cell ? cell.since : undefined;
  return typeof since === 'string' ? Date.parse(since) : undefined;
}

/** What JSON has no scalar for (a function, a BigInt, a list) is an empty cell: one bad cell must not stop a resource. */
function scalar(cell: unknown): string {
  return ['string', 'number', 'boolean'].includes(typeof cell) ? JSON.stringify(cell) : 'null';
}

/** Memory of that many bytes, with anything in it. */
export type Allocate = (bytes: number) => Buffer;

function layOut(prefix: string, metadata: string, suffix: string, cells: EncodedCells, allocate: Allocate) {
  const object = prefix + metadata + suffix;
  const cellsStart = Buffer.byteLength(object);
  const bytes = allocate(cellsStart + Buffer.byteLength(cells.text));
  bytes.write(object, 0, 'utf8');
  bytes.write(cells.text, cellsStart, 'utf8');
  const metadataStart = Buffer.byteLength(prefix);
  return {
    bytes,
    start: 0,
    metadataStart,
    metadataEnd: metadataStart + Buffer.byteLength(metadata),
    cellsStart,
    end: bytes.length,
    ages: cells.ages,
    packed: undefined,
    packedAt: 0,
  };
}

function prefixOf(definition: ResourceDefinition): string {
  return `{"apiVersion":"${apiVersionOf(definition)}","kind":"${definition.kind}","metadata":`;
}

function restJson({ apiVersion: _version, kind: _kind, metadata: _metadata, ...rest }: KubernetesObject): string {
  const json = JSON.stringify(rest);
  return json === '{}' ? '}' : `,${json.slice(1)}`;
}
