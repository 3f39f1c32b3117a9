import {
  CONDITIONS_SCHEMA,
  customResourceDefinition,
  type JsonSchema,
  jsonSchemaOf,
  structural,
  type ValidationRule,
} from './custom-resource.ts';
import { MAX_RECEIVER_NAME, type ReceiverKind, webhookReceiverSpecSchema } from './webhook-receiver.ts';

/** The CustomResourceDefinitions of the receivers, made from the schema that the server checks them with. */

/** What `kubectl apply -f` takes. */
export function receiverDefinition(kind: ReceiverKind): object {
  const scope = kind === 'WebhookReceiver' ? 'Namespaced' : 'Cluster';
  const description = 'How payloads of a foreign webhook become issues (docs/receivers.md).';
  const parts = { description, longestName: MAX_RECEIVER_NAME[kind], spec: specSchema(kind), status: STATUS };
  return customResourceDefinition({ kind, scope, ...parts, columns: COLUMNS });
}

const COLUMNS = [
  { name: 'Accepted', type: 'string', jsonPath: '.status.conditions[?(@.type=="Accepted")].status' },
  { name: 'Path', type: 'string', jsonPath: '.status.path' },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  { name: 'Message', type: 'string', priority: 1, jsonPath: '.status.conditions[?(@.type=="Accepted")].message' },
];

/** The schema of the server, without what is for faultline.yaml only, and with its rules in the words of Kubernetes. */
function specSchema(kind: ReceiverKind): JsonSchema {
  const spec = structural(jsonSchemaOf(webhookReceiverSpecSchema));
  const { namespace, ...own } = spec.properties as Record<string, JsonSchema>;
  const authentication = own.authentication as JsonSchema;
  const signed = authentication.properties?.signature as JsonSchema;
  const { secretFile: _, ...signature } = signed.properties as Record<string, JsonSchema>;
  const secretRef = secretRefOf(signature.secretRef as JsonSchema, kind);
  const properties = {
    ...authentication.properties,
    signature: {
      ...signed,
      properties: { ...signature, secretRef },
      required: ['scheme', 'secretRef'],
    },
  };
  return {
    ...spec,
    properties: {
      ...own,
      authentication: { ...authentication, properties, 'x-kubernetes-validations': [ONE_WAY] },
      ...(kind === 'ClusterWebhookReceiver' ? { namespace } : {}),
    },
    'x-kubernetes-validations': SPEC_RULES,
  };
}

function secretRefOf(schema: JsonSchema, kind: ReceiverKind): JsonSchema {
  if (kind === 'ClusterWebhookReceiver') return { ...schema, required: ['key', 'name', 'namespace'] };
  const { namespace: _, ...properties } = schema.properties as Record<string, JsonSchema>;
  return { ...schema, properties };
}

const ONE_WAY: ValidationRule = {
  rule: '[has(self.bearer), has(self.token), has(self.signature)].filter(way, way).size() == 1',
  message: 'write exactly one of bearer, token and signature',
};
const SPEC_RULES: readonly ValidationRule[] = [
  { rule: 'has(self.findings) || has(self.resolve)', message: 'write findings, resolve or both' },
  {
    rule: '!self.complete || (has(self.findings) && !has(self.resolve))',
    message: 'with complete, findings are everything, and what they leave out is over: write no resolve',
  },
];

const STATUS: JsonSchema = {
  type: 'object',
  properties: {
    observedGeneration: { type: 'integer', format: 'int64' },
    path: { type: 'string', description: 'Where senders post to.' },
    conditions: CONDITIONS_SCHEMA,
  },
};
