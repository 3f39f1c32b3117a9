import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ControlPlane } from '../controlplane/control-plane.ts';

/** Schemas for kubeconform, from what a kube-apiserver says of itself: nothing is downloaded, and the version is the right one. */

interface Schema {
  readonly [keyword: string]: unknown;
}
type Definitions = Readonly<Record<string, Schema>>;

/** For `-schema-location`, below the folder that {@link writeSchemas} was given. */
export const SCHEMA_LOCATION = '{{.Group}}_{{.ResourceAPIVersion}}_{{.ResourceKind}}.json';

/** One file for every kind that the API server knows; unknown members are refused in all of them. */
export async function writeSchemas(plane: ControlPlane, dir: string): Promise<number> {
  const { status, body } = await plane.request('/openapi/v2', { timeoutMs: 30_000 });
  if (status !== 200) throw new Error(`/openapi/v2: ${status}`);
  const { definitions } = JSON.parse(body) as { definitions: Definitions };
  const strict = mapValues(definitions, strictly);
  await mkdir(dir, { recursive: true });
  let count = 0;
  for (const [name, definition] of Object.entries(definitions)) {
    const kinds = (definition['x-kubernetes-group-version-kind'] ?? []) as {
      group: string;
      version: string;
      kind: string;
    }[];
    for (const { group, version, kind } of kinds) {
      const schema = { $ref: `#/definitions/${name}`, definitions: reachable(name, strict) };
      // The core group has no name; kubeconform calls it by its version.
      const file = `${group || version}_${version}_${kind.toLowerCase()}.json`;
      await writeFile(join(dir, file), JSON.stringify(schema));
      count += 1;
    }
  }
  return count;
}

function strictly(schema: Schema): Schema {
  if (schema.format === 'int-or-string') return { oneOf: [{ type: 'string' }, { type: 'integer' }] };
  const { format: _, properties, items, additionalProperties, ...rest } = schema;
  return {
    ...rest,
    ...(items !== undefined && { items: strictly(items as Schema) }),
    ...(properties !== undefined && { properties: mapValues(properties as Definitions, strictly) }),
    // What lists its members has no others; what is a map, or anything at all, says so.
    ...(typeof additionalProperties === 'object' && additionalProperties !== null
      ? { additionalProperties: strictly(additionalProperties as Schema) }
      : properties !== undefined && schema['x-kubernetes-preserve-unknown-fields'] !== true
        ? { additionalProperties: false }
        : {}),
  };
}

/** The definition and all that it refers to. */
function reachable(name: string, definitions: Definitions): Definitions {
  const found = new Set<string>();
  const visit = (one: string): void => {
    if (found.has(one)) return;
    found.add(one);
    for (const [, next] of JSON.stringify(definitions[one]).matchAll(/"\$ref":"#\/definitions\/([^"]+)"/g))
      visit(next as string);
  };
  visit(name);
  return Object.fromEntries([...found].map((one) => [one, definitions[one] as Schema]));
}

function mapValues<Value, Result>(
  record: Readonly<Record<string, Value>>,
  change: (value: Value) => Result,
): Record<string, Result> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
