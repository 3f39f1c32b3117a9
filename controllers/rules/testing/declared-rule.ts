import { parse } from 'yaml';
import type { IssueRule } from '../../../crds/issue-rule.ts';
import { issueRuleSchema } from '../../../crds/issue-rule-schema.ts';
import { type CompiledRule, compileRule } from '../compile.ts';
import { faultText } from '../fault.ts';

/** A rule as a user writes it, checked as it is anywhere. */
export function declaredRule(yaml: string): IssueRule {
  const { value, error } = issueRuleSchema.validate(parse(yaml), { abortEarly: false, convert: false });
  if (error) throw error;
  return value as IssueRule;
}

export async function compiledRule(yaml: string): Promise<CompiledRule> {
  const { rule, faults } = await compileRule(declaredRule(yaml));
  if (rule === undefined) throw new Error(faults.map(faultText).join('\n'));
  return rule;
}

export async function faultsOf(yaml: string): Promise<string[]> {
  return (await compileRule(declaredRule(yaml))).faults.map(faultText);
}
