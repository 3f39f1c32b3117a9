/** Rules without code: what the composition root uses. */
export { type Compiled, type CompiledRule, compileRule } from './compile.ts';
export { HELD, type Noted } from './controller.ts';
export type { RuleEntry } from './entry.ts';
export { evaluateRule, type RuleLook } from './evaluate.ts';
export { faultText, type RuleFault } from './fault.ts';
export { ruleMetrics } from './metrics.ts';
export { RuleControllers } from './rule-controllers.ts';
export { RuleSet, type RuleSetOptions } from './rule-set.ts';
export { type RuleStatus, statusOf } from './rule-status.ts';
export { VARIABLES } from './variables.ts';
