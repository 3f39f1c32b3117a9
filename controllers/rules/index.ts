/** Rules without code: what the composition root uses. */
export { type Compiled, type CompiledRule, compileRule } from './compile.ts';
export { HELD } from './controller.ts';
export { evaluateRule, type RuleLook } from './evaluate.ts';
export { faultText, type RuleFault } from './fault.ts';
export { RuleControllers } from './rule-controllers.ts';
export { VARIABLES } from './variables.ts';
