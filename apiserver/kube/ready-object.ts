import { humanDuration } from '../../crds/duration.ts';
import type { KubernetesObject } from '../../crds/meta.ts';
import type { ByteChunks } from './byte-chunks.ts';
import { Strings } from './cache/strings.ts';
import { apiVersionOf, type Cell, type ResourceDefinition } from './resource.ts';

/**
 * An object as the watch cache keeps it: its JSON once, ready to be copied into answers, and beside it only what
 * selecting and ordering need. The JSON of its metadata is a slice of it, so PartialObjectMetadata costs nothing; the
 * cells of its Table row follow in the same allocation, with gaps where ages belong. Immutable.
 */
export interface ReadyObject {
  readonly namespace: string;
  readonly name: string;
  readonly resourceVersion: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Values of the definition's selectable fields. */
  readonly fields: Readonly<Record<string, string>>;
  /** The object, and after `objectEnd` the elements of its row's `cells`. */
  readonly bytes: Buffer;
  readonly metadataStart: number;
  readonly metadataEnd: number;
  readonly objectEnd: number;
  /**
   * Ages that are written into `bytes` when the row is read: for each, ascending, where, and the second since 1970 that it
   * counts from. Flat, because a hundred thousand objects have two each.
   */
  readonly ages: readonly number[];
}

/** `strings`: where equal texts of many objects are one. */
export function readyObject<T extends KubernetesObject>(
  definition: ResourceDefinition<T>,
  object: T,
  strings = new Strings(),
): ReadyObject {
  const { apiVersion: _version, kind: _kind, metadata, ...rest } = object;
  const cells = encodeCells(definition.columns.map((column) => column.cell(object)));
  return {
    namespace: strings.of(metadata.namespace ?? ''),
    name: metadata.name,
    resourceVersion: Number(metadata.resourceVersion),
    labels: strings.values(metadata.labels ?? {}),
    fields: strings.values(definition.fields(object)),
    ...layOut(prefixOf(definition), JSON.stringify(metadata), suffixOf(rest), cells),
  };
}

/** The object with another resourceVersion: what a DELETED event carries when an object leaves a selector (W7). */
export function withResourceVersion(ready: ReadyObject, resourceVersion: number): ReadyObject {
  const metadata = { ...JSON.parse(metadataText(ready)), resourceVersion: String(resourceVersion) };
  const { bytes, metadataStart, metadataEnd, objectEnd, ages } = ready;
  const cells = {
    text: bytes.toString('utf8', objectEnd),
    ages: moved(ages, -objectEnd),
  };
  const prefix = bytes.toString('utf8', 0, metadataStart);
  const suffix = bytes.toString('utf8', metadataEnd, objectEnd);
  return { ...ready, resourceVersion, ...layOut(prefix, JSON.stringify(metadata), suffix, cells) };
}

/** The JSON of the object's metadata. */
function metadataText({ bytes, metadataStart, metadataEnd }: ReadyObject): string {
  return bytes.toString('utf8', metadataStart, metadataEnd);
}

/** The object, parsed again: for callers inside this process. */
export function parseReady<T extends KubernetesObject>(ready: ReadyObject): T {
  return JSON.parse(ready.bytes.toString('utf8', 0, ready.objectEnd)) as T;
}

/** Writes the elements of the row's `cells`, with the ages as of `now` (ms since 1970). */
export function writeCells(chunks: ByteChunks, { bytes, objectEnd, ages }: ReadyObject, now: number): void {
  let from = objectEnd;
  for (let age = 0; age < ages.length; age += 2) {
    const offset = ages[age] as number;
    chunks.append(bytes, from, offset);
    chunks.text(humanDuration(now - (ages[age + 1] as number) * 1_000));
    from = offset;
  }
  chunks.append(bytes, from);
}

interface EncodedCells {
  readonly text: string;
  /** As in ReadyObject, in bytes of `text`. */
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
  return { text, ages };
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

/** One allocation of its own: slices of Node's shared pool would keep whole pool pages alive. */
function layOut(prefix: string, metadata: string, suffix: string, cells: EncodedCells) {
  const object = prefix + metadata + suffix;
  const objectEnd = Buffer.byteLength(object);
  const bytes = Buffer.allocUnsafeSlow(objectEnd + Buffer.byteLength(cells.text));
  bytes.write(object, 0, 'utf8');
  bytes.write(cells.text, objectEnd, 'utf8');
  const metadataStart = Buffer.byteLength(prefix);
  return {
    bytes,
    metadataStart,
    metadataEnd: metadataStart + Buffer.byteLength(metadata),
    objectEnd,
    ages: moved(cells.ages, objectEnd),
  };
}

function moved(ages: readonly number[], by: number): number[] {
  return ages.map((value, index) => (index % 2 === 0 ? value + by : value));
}

function prefixOf(definition: ResourceDefinition): string {
  return `{"apiVersion":"${apiVersionOf(definition)}","kind":"${definition.kind}","metadata":`;
}

function suffixOf(rest: object): string {
  const json = JSON.stringify(rest);
  return json === '{}' ? '}' : `,${json.slice(1)}`;
}
