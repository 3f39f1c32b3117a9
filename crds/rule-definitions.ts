import {
  CONDITIONS_SCHEMA,
  customResourceDefinition,
  type JsonSchema,
  jsonSchemaOf,
  type PrinterColumn,
  structural,
  type ValidationRule,
} from './custom-resource.ts';
import { SEVERITIES } from './issue.ts';
import { MAX_RULE_NAME, type RuleKind } from './issue-rule.ts';
import { issueRuleSpecSchema } from './issue-rule-schema.ts';
import { GROUP } from './names.ts';

/** The CustomResourceDefinitions of the rules, made from the schema that the controllers check them with. */

/** What `kubectl apply -f` takes. */
export function ruleDefinition(kind: RuleKind): object {
  const scope = kind === 'IssueRule' ? 'Namespaced' : 'Cluster';
  const description = 'What is wrong with objects of a kind, as issues, without code (docs/write-a-rule.md).';
  const parts = { description, longestName: MAX_RULE_NAME, spec: specSchema(kind), status: STATUS };
  return customResourceDefinition({ kind, scope, ...parts, columns: COLUMNS });
}

const COLUMNS: readonly PrinterColumn[] = [
  { name: 'Watches', type: 'string', jsonPath: '.spec.watches.kind' },
  { name: 'Accepted', type: 'string', jsonPath: '.status.conditions[?(@.type=="Accepted")].status' },
  { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
  { name: 'Objects', type: 'integer', jsonPath: '.status.objects' },
  { name: 'Failing', type: 'integer', jsonPath: '.status.failing' },
  { name: 'Findings', type: 'integer', jsonPath: '.status.findings' },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  { name: 'Source', type: 'string', priority: 1, jsonPath: '.status.source' },
  { name: 'Message', type: 'string', priority: 1, jsonPath: '.status.conditions[?(@.type=="Ready")].message' },
];

/** An IssueRule acts in its own namespace, so it has no word for another one. */
function specSchema(kind: RuleKind): JsonSchema {
  const spec = structural(jsonSchemaOf(issueRuleSpecSchema));
  const { namespace, ...own } = spec.properties as Record<string, JsonSchema>;
  const { watches, subject, findings } = own as { watches: JsonSchema; subject: JsonSchema; findings: JsonSchema };
  const isNamespaced = kind === 'IssueRule';
  return {
    ...spec,
    properties: {
      ...own,
      watches: { ...(isNamespaced ? without(watches, 'namespaces') : watches), 'x-kubernetes-validations': WATCHES },
      subject: isNamespaced ? without(subject, 'namespace') : subject,
      ...(isNamespaced ? {} : { namespace }),
      findings: { ...findings, items: { ...(findings.items as JsonSchema), 'x-kubernetes-validations': FINDING } },
    },
  };
}

function without(schema: JsonSchema, name: string): JsonSchema {
  const { [name]: _, ...properties } = schema.properties as Record<string, JsonSchema>;
  return { ...schema, properties };
}

const WATCHES: readonly ValidationRule[] = [
  {
    rule: "self.kind != 'Secret' || self.apiVersion.contains('/')",
    message: 'rules never see Secrets',
  },
  {
    rule: `!self.apiVersion.startsWith('${GROUP}/')`,
    message: `${GROUP} is what Faultline serves: issues about issues never end`,
  },
];

const FINDING: readonly ValidationRule[] = [
  {
    rule: `self.severity in [${SEVERITIES.map((one) => `'${one}'`).join(', ')}] || self.severity.contains('\${')`,
    message: `severity must be ${SEVERITIES.join(', ')}, or a template that makes one of them`,
  },
  {
    rule: "self.reason.contains('${') || self.reason.matches('^[A-Za-z][A-Za-z0-9_]*$')",
    message: 'reason must be one CamelCase word, or a template that makes one',
  },
];

const count = (description: string): JsonSchema => ({ type: 'integer', format: 'int64', description });

const STATUS: JsonSchema = {
  type: 'object',
  properties: {
    observedGeneration: { type: 'integer', format: 'int64' },
    source: { type: 'string', description: 'What the issues of this rule have as spec.source.' },
    objects: count('Objects that are looked at.'),
    failing: count('Those with findings.'),
    undecided: count(
      'Those without a verdict: not wrong for long enough yet, or they lack what when or subject ask for.',
    ),
    failed: count('Those for which an expression fails.'),
    findings: count('What they have, together.'),
    lastError: {
      type: 'object',
      description: 'The last object that could not be told about, and why.',
      properties: { object: { type: 'string' }, message: { type: 'string' } },
    },
    conditions: CONDITIONS_SCHEMA,
  },
};
