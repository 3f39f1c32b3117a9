import { isDeepStrictEqual } from 'node:util';
import Joi from 'joi';
import type { KubernetesObject } from '../../../crds/meta.ts';
import { DNS_LABEL, DNS_SUBDOMAIN, LABEL_KEY, LABEL_VALUE } from '../../../crds/names.ts';
import { multiLine, storable } from '../../../crds/text.ts';
import { formatTime, parseTime } from '../../../crds/time.ts';
import type { Given, Key, ResourceDefinition, ResourceModule } from '../../kube/index.ts';
import type { ObjectWrite, Unversioned } from '../../store/resource-log.ts';

/** Far below what one event of a watch may have (aggregated-api W13). */
const MAX_BYTES = 1_048_576;
/** Levels of lists and objects: what any client and PostgreSQL read. */
const MAX_DEPTH = 100;

/** An object that may be stored, or what is wrong with it. */
export type Checked = { readonly given: Given } | { readonly faults: readonly string[] };

/**
 * Checks what a feed gives against names and schema, and cleans its text as everything that ends in somebody's terminal is
 * cleaned. Labels that Kubernetes would refuse are left out, as an issue's are. Name and namespace are never cleaned: a feed
 * knows its object by the name that it gave. Never throws, whatever the object is.
 */
export function checkObject(object: unknown, module: ResourceModule): Checked {
  try {
    const json = JSON.stringify(object);
    if (json !== undefined && Buffer.byteLength(json) > MAX_BYTES) return { faults: ['it is larger than 1 MiB'] };
    const plain: unknown = json === undefined ? undefined : JSON.parse(json);
    return isRecord(plain) ? checkPlain(plain, module) : { faults: ['it is no object'] };
  } catch (error) {
    return { faults: [`it cannot be read as JSON: ${error instanceof Error ? error.message : 'it throws'}`] };
  }
}

function checkPlain(plain: Readonly<Record<string, unknown>>, module: ResourceModule): Checked {
  const faults = nameFaults(isRecord(plain.metadata) ? plain.metadata : {}, module.namespaced ?? true);
  const clean = cleaned(plain, 0) as Record<string, unknown>;
  const body: Record<string, unknown> = {};
  const validated = (field: string, schema: Joi.Schema): unknown => {
    const { value, error } = schema.validate(clean[field], VALIDATION);
    faults.push(...(error?.details ?? []).map(({ path, message }) => `${[field, ...path].join('.')}: ${message}`));
    return value;
  };
  for (const [field, schema] of Object.entries(module.schema)) {
    const value = validated(field, schema);
    if (value !== undefined) body[field] = value;
  }
  const metadata = validated('metadata', METADATA);
  return faults.length > 0
    ? { faults }
    : { given: { metadata: cleanMetadata(metadata as Given['metadata']), ...body } };
}

/** The same value with all text in it cleaned. Throws for what no client or PostgreSQL could read. */
function cleaned(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return multiLine(value, MAX_BYTES);
  if (typeof value !== 'object' || value === null) return value;
  if (depth === MAX_DEPTH) throw new Error(`more than ${MAX_DEPTH} levels of lists and objects`);
  if (Array.isArray(value)) return value.map((one) => cleaned(one, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => {
      if (storable(key) !== key) throw new Error(`the key ${JSON.stringify(key)} is no text`);
      return [key, cleaned(one, depth + 1)];
    }),
  );
}

const VALIDATION = { abortEarly: false, convert: false, errors: { label: false } } as const;

/** Types without which a client cannot decode the list that the object is in. What is none of ours is left out. */
const METADATA = Joi.object({
  labels: Joi.object().unknown().allow(null),
  annotations: Joi.object().unknown().allow(null),
  ownerReferences: Joi.array()
    .items(
      Joi.object({
        apiVersion: Joi.string().required(),
        kind: Joi.string().required(),
        name: Joi.string().required(),
        uid: Joi.string().required(),
        controller: Joi.boolean(),
        blockOwnerDeletion: Joi.boolean(),
      }),
    )
    .allow(null),
})
  .unknown()
  .required();

function nameFaults(metadata: Readonly<Record<string, unknown>>, namespaced: boolean): string[] {
  const { name, namespace, creationTimestamp } = metadata;
  const faults: string[] = [];
  if (!isName(name)) {
    faults.push(`metadata.name: ${JSON.stringify(name)} is no name: at most 253 of a-z, 0-9, - and .`);
  }
  if (namespaced && !isNamespace(namespace)) {
    faults.push(`metadata.namespace: ${JSON.stringify(namespace)} is no name of a namespace`);
  }
  if (!namespaced && namespace) faults.push('metadata.namespace: this resource has no namespaces');
  if (creationTimestamp !== undefined && timeOf(creationTimestamp) === undefined) {
    faults.push(`metadata.creationTimestamp: ${JSON.stringify(creationTimestamp)} is no RFC 3339 time`);
  }
  return faults;
}

/** Whether an object with this key may be stored at all. */
export function isKey(key: unknown): key is Key {
  if (!isRecord(key)) return false;
  return isName(key.name) && (key.namespace === '' || isNamespace(key.namespace));
}

function isName(name: unknown): boolean {
  return typeof name === 'string' && DNS_SUBDOMAIN.test(name);
}

function isNamespace(namespace: unknown): boolean {
  return typeof namespace === 'string' && DNS_LABEL.test(namespace);
}

/** As Kubernetes writes it; undefined also for a time whose year has no four digits in UTC. */
function timeOf(text: unknown): string | undefined {
  const ms = parseTime(text);
  const time = ms === undefined ? undefined : formatTime(ms);
  return parseTime(time) === undefined ? undefined : time;
}

/** Only what an object may say of itself. */
function cleanMetadata({ name, namespace, creationTimestamp, ownerReferences, ...maps }: Given['metadata']) {
  const labels = textsOf(maps.labels, (key, value) => LABEL_KEY.test(key) && LABEL_VALUE.test(value));
  const annotations = textsOf(maps.annotations, (key) => LABEL_KEY.test(key));
  return {
    name,
    ...(namespace && { namespace }),
    ...(labels && { labels }),
    ...(annotations && { annotations }),
    ...(creationTimestamp && { creationTimestamp: timeOf(creationTimestamp) as string }),
    ...(ownerReferences && ownerReferences.length > 0 && { ownerReferences }),
  };
}

function textsOf(
  map: Readonly<Record<string, unknown>> | null | undefined,
  valid: (key: string, value: string) => boolean,
): Record<string, string> | undefined {
  const entries = Object.entries(map ?? {}).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string' && valid(entry[0], entry[1]),
  );
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * What to write so that `given` is what is stored; undefined when it is already. A new object gets a uid and a creation
 * time, an existing one keeps them, and its generation rises with its spec.
 */
export function decideObject(
  stored: KubernetesObject | undefined,
  given: Given,
  { definition, now }: { definition: ResourceDefinition; now: number },
): ObjectWrite | undefined {
  const { metadata, ...body } = given;
  const { name, namespace, creationTimestamp, ...described } = metadata;
  const before = stored as (KubernetesObject & { readonly spec?: unknown }) | undefined;
  const specChanged = !isDeepStrictEqual(before?.spec, body.spec);
  const object = {
    apiVersion: `${definition.group}/${definition.version}`,
    kind: definition.kind,
    metadata: {
      name,
      ...(namespace && { namespace }),
      uid: before?.metadata.uid ?? crypto.randomUUID(),
      creationTimestamp: creationTimestamp ?? before?.metadata.creationTimestamp ?? formatTime(now),
      generation: (before?.metadata.generation ?? 0) + (specChanged || !before ? 1 : 0),
      ...described,
    },
    ...body,
  } as Unversioned;
  if (!before) return { op: 'ADDED', object };
  if (isDeepStrictEqual(unversioned(before), object)) return undefined;
  return { op: 'MODIFIED', object, previous: selectedBy(before, definition) };
}

/** The deletion of a stored object. */
export function deletionOf(stored: KubernetesObject, definition: ResourceDefinition): ObjectWrite {
  return { op: 'DELETED', object: unversioned(stored), previous: selectedBy(stored, definition) };
}

function selectedBy(object: KubernetesObject, definition: ResourceDefinition): NonNullable<ObjectWrite['previous']> {
  return { labels: object.metadata.labels ?? {}, fields: definition.fields(object) };
}

function unversioned(object: KubernetesObject): Unversioned {
  const { resourceVersion: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
