import type { MemberShape, Shape } from './json-projection.ts';
import { type ClusterObject, isRecord, type JsonObject } from './object.ts';
import { declaredAnnotations, type Selection, select, selectionOf } from './selection.ts';
import { TextPool } from './text-pool.ts';

/**
 * Field stripping: what is dropped before anything is kept. A PipelineRun of 75 KB shrinks to what its controller
 * declared, so that a cache of thousands fits into memory (peers.md, mistake 17).
 */

/** Annotations longer than this are dropped unless `fields` declares them; of a Secret all are. */
export const MAX_ANNOTATION = 4_096;

/**
 * Tools keep the manifest that they applied in annotations of their own (`kapp.k14s.io/original`), short ones too: of a
 * Secret that is what it holds, so only what `fields` declares is kept.
 */
const ONLY_DECLARED_ANNOTATIONS = new Set(['v1/Secret']);

const DROPPED_ANNOTATIONS = new Set(['kubectl.kubernetes.io/last-applied-configuration']);
/** What the runtime itself reads: when a run finished, and what its conditions decided (messages only if declared). */
const RUNTIME_FIELDS = [
  'status.completionTime',
  'status.conditions.type',
  'status.conditions.status',
  'status.conditions.lastTransitionTime',
];

/** Among the declared paths: the whole object, without what only the API server needs. */
const EVERYTHING = '*';

export type Strip = (object: ClusterObject) => ClusterObject;

/**
 * A function that keeps identity, labels, annotations, owners and the declared paths, and freezes the result. Paths are
 * dotted and pass through lists: `status.conditions.reason` (also written `status.conditions[].reason`). `*` is everything.
 */
export function createStrip(fields: readonly string[]): Strip {
  if (fields.includes(EVERYTHING)) return withoutBookkeeping;
  const selection = selectionOf([...RUNTIME_FIELDS, ...fields]);
  const annotations = declaredAnnotations(fields);
  const pool = new TextPool();
  return (object) => {
    const kept: Record<string, unknown> = { apiVersion: pool.share(object.apiVersion), kind: pool.share(object.kind) };
    for (const [name, below] of selection) {
      if (name === 'metadata' || name === 'apiVersion' || name === 'kind') continue;
      const value = select(object[name], below);
      if (value !== undefined) kept[name] = value;
    }
    const metadata = object.metadata as unknown as JsonObject;
    const maxAnnotation = ONLY_DECLARED_ANNOTATIONS.has(`${object.apiVersion}/${object.kind}`) ? -1 : MAX_ANNOTATION;
    kept.metadata = stripMetadata(metadata, selection.get('metadata'), { annotations, maxAnnotation }, pool);
    return deepFreeze(kept) as unknown as ClusterObject;
  };
}

interface Annotations {
  /** Those that are declared. */
  readonly annotations: 'all' | ReadonlySet<string>;
  /** How long another one may be, to be kept. */
  readonly maxAnnotation: number;
}

const KEEP_ALL: Annotations = { annotations: 'all', maxAnnotation: Number.POSITIVE_INFINITY };

function withoutBookkeeping(object: ClusterObject): ClusterObject {
  const metadata = stripMetadata(object.metadata as unknown as JsonObject, true, KEEP_ALL, new TextPool());
  return deepFreeze({ ...object, metadata }) as ClusterObject;
}

/** The same for JSON that was not parsed yet: what `createStrip(fields)` would drop need not be read. */
export function shapeOf(fields: readonly string[]): MemberShape {
  const others = fields.includes(EVERYTHING);
  const annotations = others ? 'all' : declaredAnnotations(fields);
  const dropped = [...DROPPED_ANNOTATIONS].filter((key) => annotations !== 'all' && !annotations.has(key));
  const members = new Map<string, Shape>([
    ['apiVersion', true],
    ['kind', true],
  ]);
  const declared = others ? [] : [...RUNTIME_FIELDS, ...fields];
  for (const [name, below] of selectionOf(declared)) members.set(name, membersOf(below));
  const metadata = new Map<string, Shape>([
    ['managedFields', false],
    ['annotations', { members: new Map(dropped.map((key) => [key, false])), others: true }],
  ]);
  return { members: members.set('metadata', { members: metadata, others: true }), others };
}

function membersOf(selection: Selection): Shape {
  if (selection === true) return true;
  return { members: new Map([...selection].map(([name, below]) => [name, membersOf(below)])), others: false };
}

const METADATA_TEXT = [
  'name',
  'namespace',
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'deletionTimestamp',
] as const;

/** Metadata is the one part that the types promise to plugins, so whatever does not have its promised form is dropped. */
function stripMetadata(
  metadata: JsonObject,
  declared: Selection | undefined,
  { annotations, maxAnnotation }: Annotations,
  pool: TextPool,
): JsonObject {
  const extra =
    declared === undefined ? {} : ((declared === true ? metadata : select(metadata, declared)) as JsonObject);
  const { managedFields: _, ...kept }: Record<string, unknown> = { ...extra };
  for (const name of METADATA_TEXT) {
    if (typeof metadata[name] === 'string' && metadata[name] !== '') kept[name] = metadata[name];
    else delete kept[name];
  }
  if (typeof metadata.generation === 'number') kept.generation = metadata.generation;
  delete kept.labels;
  delete kept.annotations;
  delete kept.ownerReferences;
  if (isRecord(metadata.labels)) kept.labels = textValues(metadata.labels, pool, () => true);
  if (isRecord(metadata.annotations)) {
    kept.annotations = textValues(metadata.annotations, pool, (key, text) => {
      if (annotations === 'all' || annotations.has(key)) return true;
      return text.length <= maxAnnotation && !DROPPED_ANNOTATIONS.has(key);
    });
  }
  if (Array.isArray(metadata.ownerReferences)) kept.ownerReferences = metadata.ownerReferences.filter(isOwner);
  return kept;
}

function textValues(record: JsonObject, pool: TextPool, keep: (key: string, text: string) => boolean): JsonObject {
  const kept: [string, string][] = [];
  for (const [key, text] of Object.entries(record)) {
    if (typeof text === 'string' && keep(key, text)) kept.push([key, pool.share(text)]);
  }
  return Object.fromEntries(kept);
}

function isOwner(owner: unknown): boolean {
  return (
    isRecord(owner) && [owner.apiVersion, owner.kind, owner.name, owner.uid].every((part) => typeof part === 'string')
  );
}

export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}
