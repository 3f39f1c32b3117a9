import { hash } from 'node:crypto';
import { type LinkRelation, SEVERITIES, type Severity } from './issue.ts';
import { groupOf } from './meta.ts';
import type { CONFIG_API_VERSION } from './names.ts';

/**
 * The kinds `IssueRule` and `ClusterIssueRule` of `config.faultline.dev`: what is wrong with objects of any kind, said
 * with expressions instead of code (docs/write-a-rule.md). The same objects are entries of `rules:` in faultline.yaml.
 */

export type RuleKind = 'IssueRule' | 'ClusterIssueRule';

/** metav1.LabelSelector. */
export interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: LabelSelectorRequirement[];
}

export interface LabelSelectorRequirement {
  key: string;
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  values?: string[];
}

export interface RuleWatches {
  apiVersion: string;
  /** Further versions of the group, for servers that do not serve the first. */
  otherVersions?: string[];
  kind: string;
  selector?: LabelSelector;
  /** Globs, `!` excludes; of a ClusterIssueRule only. Default: all. */
  namespaces?: string[];
}

/** Each a template: text in which `${…}` is a CEL expression. */
export interface RuleSubject {
  apiVersion: string;
  kind: string;
  name: string;
  aspect?: string;
  /** Of a ClusterIssueRule only. */
  namespace?: string;
}

export interface RuleLink {
  rel: LinkRelation;
  title: string;
  url: string;
}

/** Everything but `each`, `when` and the relation of links is a template. */
export interface RuleFinding {
  /** CEL, a list: one finding an item, which the templates know as `item`. */
  each?: string;
  /** CEL, a bool: whether there is this finding. Default: true. */
  when?: string;
  key: string;
  type: string;
  severity: string;
  reason: string;
  title: string;
  description?: string;
  links?: RuleLink[];
  labels?: Record<string, string>;
  group?: string;
  dueAt?: string;
  remediation?: { text: string; url?: string };
}

export interface IssueRuleSpec {
  watches: RuleWatches;
  /** CEL, a bool. */
  when: string;
  /** CEL, a time. */
  since?: string;
  /** A duration. */
  for: string;
  /** A duration. */
  every: string;
  /** Default: the object itself. */
  subject?: RuleSubject;
  /** A template; of a ClusterIssueRule only. */
  namespace?: string;
  findings: RuleFinding[];
}

/** As it is written: in a file, in faultline.yaml, in the cluster. */
export interface IssueRule {
  apiVersion: typeof CONFIG_API_VERSION;
  kind: RuleKind;
  metadata: { name: string; namespace?: string; generation?: number };
  spec: IssueRuleSpec;
}

export const RULE_KINDS = ['IssueRule', 'ClusterIssueRule'] as const satisfies readonly RuleKind[];
/** Where in a rule: `spec`, `findings`, 0, `title`. */
export type RulePath = readonly (string | number)[];
/** What the right to speak as a rule is asked under: nobody can name the rules of tomorrow (docs/adr/0018). */
export const RULE_SOURCES: Readonly<Record<RuleKind, string>> = {
  IssueRule: 'rule.*',
  ClusterIssueRule: 'clusterrule.*',
};
/** A source has at most 63 characters. */
const MAX_SOURCE = 63;
/** Of a ClusterIssueRule this is a source without a hash. */
export const MAX_RULE_NAME = MAX_SOURCE - 'clusterrule.'.length;

/**
 * `clusterrule.argocd`, `rule.team-a.argocd`: who says so, when this rule does. Each rule is a source of its own, because
 * epochs are those of a source. What would be longer than a source may be ends in a hash instead.
 */
export function ruleSource(kind: RuleKind, { name, namespace = '' }: { name: string; namespace?: string }): string {
  const source = kind === 'IssueRule' ? `rule.${namespace}.${name}` : `clusterrule.${name}`;
  if (source.length <= MAX_SOURCE) return source;
  const short = source.slice(0, MAX_SOURCE - 9).replace(/[-.]+$/, '');
  return `${short}-${hash('sha256', source, 'hex').slice(0, 8)}`;
}

/** `rule.*` of the source of any rule; any other source is asked about as it is. */
export function sourceRight(source: string): string {
  const right = Object.values(RULE_SOURCES).find((pattern) => source.startsWith(pattern.slice(0, -1)));
  return right ?? source;
}

export function isSecret({ apiVersion: version, kind }: { apiVersion: string; kind: string }): boolean {
  return groupOf(version) === '' && kind === 'Secret';
}

export function isSeverity(text: unknown): text is Severity {
  return SEVERITIES.includes(text as Severity);
}

/** A selector as text, as kubectl and the API server read it. */
export function selectorText({ matchLabels = {}, matchExpressions = [] }: LabelSelector = {}): string {
  const equal = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`);
  return [...equal, ...matchExpressions.map(requirementText)].join(',');
}

function requirementText({ key, operator, values = [] }: LabelSelectorRequirement): string {
  switch (operator) {
    case 'In':
      return `${key} in (${values.join(',')})`;
    case 'NotIn':
      return `${key} notin (${values.join(',')})`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
  }
}
