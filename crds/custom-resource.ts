import type { Schema } from 'joi';
import { CONFIG_API_VERSION } from './names.ts';

/** What the CustomResourceDefinitions of ours have in common: made from the schemas that the processes check with. */

export interface JsonSchema {
  readonly [keyword: string]: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
}

/** A rule of `x-kubernetes-validations`. */
export interface ValidationRule {
  readonly rule: string;
  readonly message: string;
}

export interface PrinterColumn {
  readonly name: string;
  readonly type: string;
  readonly jsonPath: string;
  readonly priority?: number;
}

/** What `kubectl apply -f` takes. */
export function customResourceDefinition(
  of: ObjectParts & {
    readonly kind: string;
    readonly scope: 'Namespaced' | 'Cluster';
    readonly columns: readonly PrinterColumn[];
  },
): object {
  const { kind, scope, columns } = of;
  const plural = `${kind.toLowerCase()}s`;
  const [group, version] = CONFIG_API_VERSION.split('/') as [string, string];
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope,
      names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase(), categories: ['faultline'] },
      versions: [
        {
          ...{ name: version, served: true, storage: true },
          schema: { openAPIV3Schema: objectSchema(of) },
          subresources: { status: {} },
          additionalPrinterColumns: columns,
        },
      ],
    },
  };
}

interface ObjectParts {
  readonly description: string;
  /** Longest metadata.name: a source, or a path, is made of it. */
  readonly longestName: number;
  readonly spec: JsonSchema;
  readonly status: JsonSchema;
}

function objectSchema({ description, longestName, spec, status }: ObjectParts): JsonSchema {
  const rules: ValidationRule[] = [
    {
      rule: `size(self.metadata.name) <= ${longestName}`,
      message: `the name must have at most ${longestName} characters`,
    },
  ];
  return {
    description,
    type: 'object',
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      spec,
      status,
    },
    'x-kubernetes-validations': rules,
  };
}

/** `status.conditions` as every API of Kubernetes has them. */
export const CONDITIONS_SCHEMA: JsonSchema = {
  type: 'array',
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['type'],
  items: {
    type: 'object',
    required: ['type', 'status', 'reason', 'message', 'lastTransitionTime'],
    properties: {
      type: { type: 'string' },
      status: { type: 'string', enum: ['True', 'False', 'Unknown'] },
      reason: { type: 'string' },
      message: { type: 'string' },
      observedGeneration: { type: 'integer', format: 'int64' },
      lastTransitionTime: { type: 'string', format: 'date-time' },
    },
  },
};

export function jsonSchemaOf(schema: Schema): JsonSchema {
  return schema['~standard'].jsonSchema.input({ target: 'draft-2020-12' }) as JsonSchema;
}

/** Structural, as apiextensions/v1 wants it: unknown members are its own business, and patterns are RE2's. */
export function structural(schema: JsonSchema): JsonSchema {
  const { additionalProperties, patternProperties, propertyNames: _, properties, pattern, items, ...kept } = schema;
  // A map: Joi says it with patterns of its keys, which a structural schema cannot.
  const [values] = Object.values((patternProperties ?? {}) as Record<string, JsonSchema>);
  const map =
    values ?? (properties === undefined && typeof additionalProperties === 'object' ? additionalProperties : undefined);
  return {
    ...kept,
    ...(typeof pattern === 'string' && !pattern.includes('(?=') ? { pattern } : {}),
    ...(items ? { items: structural(items as JsonSchema) } : {}),
    ...(map ? { additionalProperties: structural(map as JsonSchema) } : {}),
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, structural(each)])),
    }),
  };
}
