import type { LoadedController } from '../runtime/loader.ts';
import type { CompiledRule } from './compile.ts';
import { type RuleRuntime, ruleController } from './controller.ts';
import { RuleGate } from './gate.ts';

/**
 * The controllers of the rules of one process. A rule that says the same as before is the same controller, so that it
 * goes on when others change; an edited one knows what its predecessor has seen.
 */
export class RuleControllers {
  readonly #runtime: RuleRuntime = { gate: new RuleGate(), firstSeen: new Map() };
  readonly #made = new Map<string, { readonly says: string; readonly controller: LoadedController }>();

  of(rule: CompiledRule): LoadedController {
    const known = this.#made.get(rule.source);
    if (known?.says === rule.says) return known.controller;
    const controller = ruleController(rule, this.#runtime);
    this.#made.set(rule.source, { says: rule.says, controller });
    return controller;
  }

  /** A rule that is gone, with all that it has seen. */
  forget(source: string): void {
    this.#made.delete(source);
    this.#runtime.firstSeen.delete(source);
  }
}
