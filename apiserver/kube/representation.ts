import type { ByteChunks } from './byte-chunks.ts';
import { cellsLength, objectLength, type ReadyObject, writeCells, writeObject } from './ready-object.ts';
import type { ResourceDefinition } from './resource.ts';

/**
 * How a client wants objects: as they are, as Table rows, or only their metadata (aggregated-api section 8). A list,
 * an answer to get and the events of a watch are made of the same pieces.
 */
export type Representation =
  | { readonly as: 'object' }
  | { readonly as: 'metadata'; readonly version: MetaVersion }
  | { readonly as: 'table'; readonly version: MetaVersion; readonly includeObject: IncludeObject };

export type MetaVersion = 'v1' | 'v1beta1';
export type IncludeObject = 'None' | 'Metadata' | 'Object';

/** Equal for representations whose bytes are the same. */
export function representationKey(representation: Representation): string {
  return Object.values(representation).join('/');
}

/** Metadata of a list, or of a table. */
export interface ListMetadata {
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

/** Everything before the first item. */
export function listHead(
  definition: ResourceDefinition,
  representation: Representation,
  metadata: ListMetadata,
): string {
  const meta = JSON.stringify(metadata);
  switch (representation.as) {
    case 'object': {
      const apiVersion = definition.group ? `${definition.group}/${definition.version}` : definition.version;
      return `{"kind":"${definition.listKind}","apiVersion":"${apiVersion}","metadata":${meta},"items":[`;
    }
    case 'metadata':
      return `{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/${representation.version}","metadata":${meta},"items":[`;
    case 'table':
      return tableHead(representation.version, meta, columnDefinitions(definition));
    default:
      throw new Error(`no such representation: ${representation satisfies never}`);
  }
}

/** Everything after the last item. */
export const LIST_TAIL = ']}\n';

/** One item of a list: the object, its metadata, or its row with the ages as of `now` (ms). */
export function writeItem(chunks: ByteChunks, representation: Representation, object: ReadyObject, now: number): void {
  switch (representation.as) {
    case 'object':
      writeObject(chunks, object);
      return;
    case 'metadata':
      writePartial(chunks, object, representation.version);
      return;
    case 'table':
      writeRow(chunks, representation, object, now);
      return;
    default:
      throw new Error(`no such representation: ${representation satisfies never}`);
  }
}

/** About how many bytes `writeItem` writes: exact but for ages and punctuation. */
export function itemBytes(representation: Representation, object: ReadyObject): number {
  const metadata = object.metadataEnd - object.metadataStart;
  if (representation.as === 'metadata') return metadata;
  if (representation.as === 'object') return objectLength(object);
  const { includeObject } = representation;
  const included = includeObject === 'Object' ? objectLength(object) : includeObject === 'Metadata' ? metadata : 0;
  return cellsLength(object) + included;
}

/** An object on its own: the answer to get, and the object of a watch event. `headers`: with column definitions (T5). */
export function writeSingle(
  chunks: ByteChunks,
  definition: ResourceDefinition,
  representation: Representation,
  object: ReadyObject,
  { now, headers }: { now: number; headers: boolean },
): void {
  if (representation.as !== 'table') {
    writeItem(chunks, representation, object, now);
    return;
  }
  const meta = `{"resourceVersion":"${object.resourceVersion}"}`;
  chunks.text(tableHead(representation.version, meta, headers ? columnDefinitions(definition) : 'null'));
  writeRow(chunks, representation, object, now);
  chunks.text(']}');
}

/** The object of a BOOKMARK: the watched type with nothing but a resourceVersion and annotations (W5, T7). */
export function bookmarkObject(
  definition: ResourceDefinition,
  representation: Representation,
  metadata: { readonly resourceVersion: string; readonly annotations?: Readonly<Record<string, string>> },
  headers: boolean,
): string {
  const { group, version, kind } = definition;
  const meta = JSON.stringify(metadata);
  const own = `{"kind":"${kind}","apiVersion":"${group ? `${group}/` : ''}${version}","metadata":${meta}}`;
  if (representation.as === 'object') return own;
  const partial = `${partialHead(representation.version)}${meta}}`;
  if (representation.as === 'metadata') return partial;
  const columns = headers ? columnDefinitions(definition) : 'null';
  const cells = JSON.stringify(definition.columns.map((_, index) => (index === 0 ? '' : null)));
  const object = representation.includeObject === 'Object' ? own : partial;
  const listMeta = `{"resourceVersion":"${metadata.resourceVersion}"}`;
  return `${tableHead(representation.version, listMeta, columns)}{"cells":${cells},"object":${object}}]}`;
}

function writeRow(
  chunks: ByteChunks,
  representation: Representation & { as: 'table' },
  object: ReadyObject,
  now: number,
): void {
  chunks.text('{"cells":[');
  writeCells(chunks, object, now);
  chunks.text(representation.includeObject === 'None' ? '],"object":null' : '],"object":');
  if (representation.includeObject === 'Object') writeObject(chunks, object);
  if (representation.includeObject === 'Metadata') writePartial(chunks, object, representation.version);
  chunks.text('}');
}

function writePartial(chunks: ByteChunks, object: ReadyObject, version: MetaVersion): void {
  chunks.append(PARTIAL_HEADS[version]);
  chunks.append(object.bytes, object.metadataStart, object.metadataEnd);
  chunks.text('}');
}

function partialHead(version: MetaVersion): string {
  return `{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/${version}","metadata":`;
}

const PARTIAL_HEADS: Readonly<Record<MetaVersion, Buffer>> = {
  v1: Buffer.from(partialHead('v1')),
  v1beta1: Buffer.from(partialHead('v1beta1')),
};

function tableHead(version: MetaVersion, metadata: string, columns: string): string {
  return `{"kind":"Table","apiVersion":"meta.k8s.io/${version}","metadata":${metadata},"columnDefinitions":${columns},"rows":[`;
}

function columnDefinitions(definition: ResourceDefinition): string {
  return JSON.stringify(
    definition.columns.map(({ name, type, format = '', description, priority = 0 }) => ({
      name,
      type,
      format,
      description,
      priority,
    })),
  );
}
