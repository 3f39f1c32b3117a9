import type { Loose } from './loose.ts';
import { groupVersionPath, type Target } from './target.ts';

/** As much of an OpenAPI document, v3 or v2, as the checks read. */
export interface OpenApiDocument {
  readonly openapi?: string;
  readonly swagger?: string;
  readonly paths?: Record<string, Record<string, OpenApiOperation | undefined> | undefined>;
  readonly components?: { readonly schemas?: Record<string, OpenApiSchema> };
  readonly definitions?: Record<string, OpenApiSchema>;
}

export interface OpenApiOperation {
  readonly 'x-kubernetes-group-version-kind'?: Loose;
  readonly 'x-kubernetes-action'?: string;
}

export interface OpenApiSchema {
  readonly description?: string;
  readonly properties?: Record<string, OpenApiSchema>;
  readonly 'x-kubernetes-group-version-kind'?: unknown;
  readonly [keyword: string]: unknown;
}

/** `/apis/G/V/namespaces/{namespace}/issues`. */
export function templatePath(target: Target): string {
  const base = groupVersionPath(target);
  return target.namespaced ? `${base}/namespaces/{namespace}/${target.plural}` : `${base}/${target.plural}`;
}

export function isOurKind(kind: Loose | undefined, target: Target): boolean {
  return kind?.group === target.group && kind.version === target.version && kind.kind === target.kind;
}

/** The schema that carries our kind in a list, as kubectl explain looks for it. */
export function schemaOf({ components }: OpenApiDocument, target: Target): OpenApiSchema | undefined {
  return Object.values(components?.schemas ?? {}).find((schema) => {
    const kinds = schema['x-kubernetes-group-version-kind'];
    return Array.isArray(kinds) && kinds.some((kind: Loose) => isOurKind(kind, target));
  });
}

/** Every `$ref` in the document. */
export function referencesIn(value: unknown, found: Set<string> = new Set()): Set<string> {
  if (Array.isArray(value)) for (const one of value) referencesIn(one, found);
  else if (typeof value === 'object' && value !== null) {
    for (const [key, one] of Object.entries(value)) {
      if (key === '$ref' && typeof one === 'string') found.add(one);
      else referencesIn(one, found);
    }
  }
  return found;
}
