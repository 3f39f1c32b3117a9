import { isDeepStrictEqual } from 'node:util';
import type { KubernetesObject } from '../../../crds/meta.ts';
import { DNS_LABEL, DNS_SUBDOMAIN, LABEL_KEY, LABEL_VALUE } from '../../../crds/names.ts';
import { multiLine } from '../../../crds/text.ts';
import { formatTime, parseTime } from '../../../crds/time.ts';
import type { Given, ResourceDefinition, ResourceModule } from '../../kube/index.ts';
import type { ObjectWrite, Unversioned } from '../../store/resource-log.ts';

/** Far below what one event of a watch may have (aggregated-api W13). */
const MAX_BYTES = 1_048_576;

/** An object that may be stored, or what is wrong with it. */
export type Checked = { readonly given: Given } | { readonly faults: readonly string[] };

/**
 * Checks what a feed gives against names and schema, and cleans its text as everything that ends in somebody's terminal is
 * cleaned. Labels that Kubernetes would refuse are left out, as an issue's are.
 */
export function checkObject(object: Given, module: ResourceModule): Checked {
  const json = JSON.stringify(object);
  if (json === undefined || Buffer.byteLength(json) > MAX_BYTES) return { faults: ['it is larger than 1 MiB'] };
  const clean = JSON.parse(json, (_, value) =>
    typeof value === 'string' ? multiLine(value, MAX_BYTES) : value,
  ) as Given;
  const { metadata } = clean;
  const faults = nameFaults(metadata ?? {}, module.namespaced ?? true);
  const body: Record<string, unknown> = {};
  for (const [field, schema] of Object.entries(module.schema)) {
    const { value, error } = schema.validate((clean as unknown as Record<string, unknown>)[field], VALIDATION);
    faults.push(...(error?.details ?? []).map(({ path, message }) => `${[field, ...path].join('.')}: ${message}`));
    if (value !== undefined) body[field] = value;
  }
  return faults.length > 0 ? { faults } : { given: { metadata: cleanMetadata(metadata), ...body } };
}

const VALIDATION = { abortEarly: false, convert: false, errors: { label: false } } as const;

function nameFaults({ name, namespace, creationTimestamp }: Partial<Given['metadata']>, namespaced: boolean): string[] {
  const faults: string[] = [];
  if (typeof name !== 'string' || !DNS_SUBDOMAIN.test(name)) {
    faults.push(`metadata.name: ${JSON.stringify(name)} is no name: at most 253 of a-z, 0-9, - and .`);
  }
  if (namespaced && (typeof namespace !== 'string' || !DNS_LABEL.test(namespace))) {
    faults.push(`metadata.namespace: ${JSON.stringify(namespace)} is no name of a namespace`);
  }
  if (!namespaced && namespace) faults.push('metadata.namespace: this resource has no namespaces');
  if (creationTimestamp !== undefined && parseTime(creationTimestamp) === undefined) {
    faults.push(`metadata.creationTimestamp: ${JSON.stringify(creationTimestamp)} is no RFC 3339 time`);
  }
  return faults;
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
    ...(creationTimestamp && { creationTimestamp: formatTime(parseTime(creationTimestamp) as number) }),
    ...(Array.isArray(ownerReferences) && { ownerReferences }),
  };
}

function textsOf(
  map: Readonly<Record<string, unknown>> | undefined,
  valid: (key: string, value: string) => boolean,
): Record<string, string> | undefined {
  const entries = Object.entries(map ?? {}).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string' && valid(entry[0], entry[1]),
  );
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
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
