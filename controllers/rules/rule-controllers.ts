import type { LoadedController } from '../runtime/loader.ts';
import type { CompiledRule } from './compile.ts';
import { type Noted, type RuleRuntime, ruleController } from './controller.ts';
import { RuleGate } from './gate.ts';

/**
 * The controllers of the rules of one process. A rule that says the same as before is the same controller, so that it
 * goes on when others change; an edited one knows what its predecessor has seen.
 */
export class RuleControllers {
  readonly #runtime: RuleRuntime;
  readonly #made = new Map<string, { readonly says: string; readonly controller: LoadedController }>();

  /** `gate`: what the rules of this process may cost. */
  constructor(gate: RuleRuntime['gate'] = new RuleGate()) {
    this.#runtime = { gate, noted: new Map(), firstSeen: new Map() };
  }

  of(rule: CompiledRule): LoadedController {
    const known = this.#made.get(rule.source);
    if (known?.says === rule.says) return known.controller;
    // What was said of it before may not hold any more.
    this.#runtime.noted.delete(rule.source);
    const controller = ruleController(rule, this.#runtime);
    this.#made.set(rule.source, { says: rule.says, controller });
    return controller;
  }

  /** The last object that this rule could not tell about. */
  noted(source: string): Noted | undefined {
    return this.#runtime.noted.get(source);
  }

  /** A rule that is gone, with all that it has seen. */
  forget(source: string): void {
    this.#made.delete(source);
    this.#runtime.firstSeen.delete(source);
    this.#runtime.noted.delete(source);
  }
}
