import type { CompiledRule } from '../../controllers/rules/index.ts';
import type { IssueRule } from '../../crds/issue-rule.ts';
import { issueRuleSchema } from '../../crds/issue-rule-schema.ts';
import type { ConfigurationFault, Path } from './fault.ts';
import type { ReadConfiguration } from './load.ts';

/**
 * The rules of a configuration, and what is wrong with their expressions, at the very place. Entries whose form is wrong
 * were told with the configuration.
 */
export async function loadRules(
  read: Pick<ReadConfiguration, 'configuration' | 'writtenRules' | 'fault' | 'faultWithin'>,
): Promise<{ readonly rules: readonly CompiledRule[]; readonly faults: readonly ConfigurationFault[] }> {
  const entries: readonly unknown[] = read.configuration?.rules ?? read.writtenRules;
  if (entries.length === 0) return { rules: [], faults: [] };
  // Most configurations have none.
  const { compileRule } = await import('../../controllers/rules/index.ts');
  const faults: ConfigurationFault[] = [];
  const rules: CompiledRule[] = [];
  const taken = new Map<string, number>();
  for (const [index, entry] of entries.entries()) {
    const { value, error } = issueRuleSchema.validate(entry);
    if (error) continue;
    const declared = value as IssueRule;
    const at = (path: Path): Path => ['rules', index, ...path];
    const id = JSON.stringify([declared.kind, declared.metadata.namespace, declared.metadata.name]);
    const other = taken.get(id);
    if (other !== undefined)
      faults.push(read.fault(at(['metadata', 'name']), `is already the name of rules[${other}]`));
    taken.set(id, index);
    const compiled = await compileRule(declared);
    if (compiled.rule) rules.push(compiled.rule);
    for (const { path, message, place } of compiled.faults) {
      faults.push(place ? read.faultWithin(at(path), message, place) : read.fault(at(path), message));
    }
  }
  return { rules, faults };
}
