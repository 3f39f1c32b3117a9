import { ISSUE_NAMES, issueSpecSchema, issueStatusSchema } from '../../crds/issue.ts';

/**
 * A CRD of the same shape as Issue in another group: what a project would have that keeps its issues in etcd.
 * Same schema, same printer columns, no subresource (so that a create stores the status too).
 */
export const CRD_GROUP = 'bench.example.com';
export const CRD_VERSION = 'v1alpha1';

export function issueCrd() {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${ISSUE_NAMES.plural}.${CRD_GROUP}` },
    spec: {
      group: CRD_GROUP,
      scope: 'Namespaced',
      names: {
        kind: ISSUE_NAMES.kind,
        listKind: ISSUE_NAMES.listKind,
        plural: ISSUE_NAMES.plural,
        singular: ISSUE_NAMES.singular,
      },
      versions: [
        {
          name: CRD_VERSION,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: openApiSchema() },
          additionalPrinterColumns: printerColumns(),
        },
      ],
    },
  };
}

function openApiSchema() {
  const [spec, status] = [issueSpecSchema, issueStatusSchema].map((schema) =>
    structural(schema['~standard'].jsonSchema.input({ target: 'draft-2020-12' })),
  );
  return { type: 'object', properties: { spec, status }, required: ['spec', 'status'] };
}

/**
 * JSON Schema as Joi writes it → structural schema: there, unknown fields are pruned and `additionalProperties: false`
 * is not allowed, and patterns are Go's, which has `\x{…}` for `\u…`.
 */
export function structural(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(structural);
  if (typeof schema !== 'object' || schema === null) return schema;
  const kept = Object.entries(schema).filter(([key, value]) => !(key === 'additionalProperties' && value === false));
  return Object.fromEntries(
    kept.map(([key, value]) => [
      key,
      key === 'pattern' ? String(value).replace(/\\u([0-9a-fA-F]{4})/g, '\\x{$1}') : structural(value),
    ]),
  );
}

/** The wide columns of `kubectl get issues -o wide`. */
function printerColumns() {
  const column = (name: string, jsonPath: string, type: string, priority: number) => ({
    name,
    jsonPath,
    type,
    priority,
  });
  return [
    column('Severity', '.spec.severity', 'string', 0),
    column('Type', '.spec.type', 'string', 0),
    column('State', '.status.state', 'string', 0),
    column('Since', '.status.openedAt', 'date', 0),
    column('Title', '.spec.title', 'string', 0),
    column('Subject', '.spec.subject.name', 'string', 1),
    column('Reason', '.spec.reason', 'string', 1),
    column('Source', '.spec.source', 'string', 1),
    column('Count', '.status.occurrences', 'integer', 1),
    column('Reopened', '.status.reopened', 'integer', 1),
    column('Last-Seen', '.status.lastSeenAt', 'date', 1),
    column('Link', '.spec.links[0].url', 'string', 1),
  ];
}
