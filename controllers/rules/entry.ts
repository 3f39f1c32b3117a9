import type { IssueRule, RuleKind } from '../../crds/issue-rule.ts';
import { ruleSource } from '../../crds/issue-rule.ts';
import { issueRuleSchema } from '../../crds/issue-rule-schema.ts';
import type { Condition } from '../../crds/meta.ts';
import type { ClusterObject } from '../runtime/object.ts';
import { isRecord } from '../runtime/object.ts';
import { type CompiledRule, compileRule } from './compile.ts';
import type { RuleFault } from './fault.ts';

/** A rule of the cluster: what was declared last, and what runs. */
export interface RuleEntry {
  readonly kind: RuleKind;
  readonly object: ClusterObject;
  readonly source: string;
  /** Changes with the spec and not with the status; undefined where nobody counts. */
  readonly version: string | undefined;
  /** What runs: what is declared now, or when that is broken what was declared before. */
  readonly rule: CompiledRule | undefined;
  /** What is wrong with what is declared now. */
  readonly faults: readonly RuleFault[];
}

/** `IssueRule team-a/claims` */
export function entryId(kind: RuleKind, { metadata }: ClusterObject): string {
  return `${kind} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`;
}

/** Reads an object of which nothing was checked. `before`: the entry that it replaces. */
export async function readEntry(
  kind: RuleKind,
  object: ClusterObject,
  before: RuleEntry | undefined,
): Promise<RuleEntry> {
  const { name, namespace } = object.metadata;
  const source = ruleSource(kind, { name, ...(namespace === undefined ? {} : { namespace }) });
  const of = { kind, object, source, version: versionOf(object) };
  const { value, error } = issueRuleSchema.validate(
    { ...object, kind },
    { abortEarly: false, convert: false, errors: { label: false, wrap: { label: false, array: false } } },
  );
  if (error) {
    const faults = error.details.map(({ path, message }) => ({ path, message: message.trim() }));
    return { ...of, rule: before?.rule, faults };
  }
  const { rule, faults } = await compileRule(value as IssueRule);
  return { ...of, rule: rule ?? before?.rule, faults };
}

function versionOf({ metadata }: ClusterObject): string | undefined {
  const { generation, uid } = metadata as { generation?: unknown; uid?: string };
  return typeof generation === 'number' && uid !== undefined ? `${uid}/${generation}` : undefined;
}

export function generationOf({ metadata }: ClusterObject): number | undefined {
  const { generation } = metadata as { generation?: unknown };
  return typeof generation === 'number' ? generation : undefined;
}

/** The conditions that an object has, as far as they are any. */
export function conditionsOf({ status }: ClusterObject): readonly Condition[] {
  const conditions = isRecord(status) && Array.isArray(status.conditions) ? (status.conditions as unknown[]) : [];
  return conditions.filter((one): one is Condition => isRecord(one) && typeof one.type === 'string');
}
