import type { Bindings, Budget, EvaluationFault, Template } from '../../cel/index.ts';
import type { RulePath } from '../../crds/issue-rule.ts';
import type { Finding, Subject } from '../../crds/report.ts';
import { MAX_FINDINGS } from '../../crds/report.ts';
import { escapeControls } from '../../crds/text.ts';
import { parseTime } from '../../crds/time.ts';
import type { ClusterObject } from '../runtime/object.ts';
import type { CompiledRule } from './compile.ts';
import { faultText, type RuleFault } from './fault.ts';
import { findingsOf } from './findings.ts';
import { bindingsOf } from './variables.ts';

/** What a rule says about an object. */
export type RuleLook = { readonly units: number } & (
  | ({ readonly verdict: 'healthy' } & About)
  /** Wrong, but not for long enough: until `until`, ms. */
  | ({ readonly verdict: 'held'; readonly until: number } & About)
  | ({ readonly verdict: 'failing'; readonly findings: readonly Finding[] } & About)
  /** What `when` or `subject` asks for is not there: nobody can tell. */
  | { readonly verdict: 'undecided'; readonly fault: RuleFault }
  /** The rule does not fit the object. */
  | { readonly verdict: 'fault'; readonly fault: RuleFault }
);

export interface About {
  readonly subject: Subject;
  /** Where the issue lives, where the rule says so. */
  readonly namespace?: string;
  /** Since when it is as it is, ms. */
  readonly since?: number;
}

export interface Asking {
  /** ms since 1970. */
  readonly now: number;
  /** Since when the object was seen to be wrong, ms; asked where the rule does not know since when. */
  readonly firstSeen: () => number;
}

/** Units of cel/budget.ts for one look, as for one item of a receiver: at worst a tenth of a second. */
export const UNITS_A_LOOK = 100_000;

/** A value, or why there is none: thrown, because whatever asks for it ends there. Never leaves this room. */
export class LookFault extends Error {
  override readonly name = 'LookFault';
  readonly fault: RuleFault;

  constructor(fault: RuleFault) {
    super(faultText(fault));
    this.fault = fault;
  }
}

/** What the parts of one look share. */
export interface Look {
  readonly bindings: Bindings;
  readonly budget: Budget;
  /** Throws a LookFault: what the expression at `path` came to. */
  fail(path: RulePath, text: string, fault: EvaluationFault): never;
  /** Throws a LookFault. */
  refuse(path: RulePath, message: string): never;
}

/** Asks a rule about an object. Total: whatever the object holds, there is an answer. */
export async function evaluateRule(rule: CompiledRule, object: ClusterObject, asking: Asking): Promise<RuleLook> {
  const cel = await import('../../cel/index.ts');
  const budget = new cel.Budget(UNITS_A_LOOK);
  try {
    const bindings = bindingsOf(cel, object, asking.now, rule.uses, budget);
    return { ...verdictOf(rule, object, asking, lookWith(cel, bindings, budget)), units: budget.spent };
  } catch (error) {
    if (error instanceof cel.NotConvertible || error instanceof cel.BudgetExceeded) {
      return { verdict: 'fault', fault: { path: ['object'], message: error.message }, units: budget.spent };
    }
    if (!(error instanceof LookFault)) throw error;
    const { fault } = error;
    const isUnknown = fault.missing !== undefined && ['when', 'subject', 'namespace'].includes(String(fault.path[1]));
    return { verdict: isUnknown ? 'undecided' : 'fault', fault, units: budget.spent };
  }
}

type WithoutUnits<T> = T extends unknown ? Omit<T, 'units'> : never;

function verdictOf(rule: CompiledRule, object: ClusterObject, asking: Asking, look: Look): WithoutUnits<RuleLook> {
  const { value: isWrong, fault } = rule.when.evaluate(look.bindings, look.budget);
  if (fault) look.fail(['when'], rule.when.text, fault);
  if (typeof isWrong !== 'boolean') look.refuse(['when'], `must be true or false, not ${shown(isWrong)}`);
  const since = sinceOf(rule, asking.now, look);
  const about: About = { ...aboutOf(rule, object, look), ...(since === undefined ? {} : { since }) };
  if (!isWrong) return { verdict: 'healthy', ...about };
  if (rule.forMs > 0) {
    const begin = since ?? asking.firstSeen();
    if (begin + rule.forMs > asking.now) return { verdict: 'held', until: begin + rule.forMs, ...about, since: begin };
    return { verdict: 'failing', findings: allFindings(rule, look), ...about, since: begin };
  }
  return { verdict: 'failing', findings: allFindings(rule, look), ...about };
}

/** A time that is missing, and one in the future (a clock that is wrong), is not known. */
function sinceOf({ since }: CompiledRule, now: number, look: Look): number | undefined {
  if (since === undefined) return undefined;
  const { value, fault } = since.evaluate(look.bindings, look.budget);
  if (fault?.missing !== undefined) return undefined;
  if (fault) look.fail(['since'], since.text, fault);
  if (value === null || value === '') return undefined;
  const time = parseTime(value);
  if (time === undefined) look.refuse(['since'], `must be a timestamp or RFC 3339 text, not ${shown(value)}`);
  return time > now ? undefined : time;
}

/** Subject and place; a rule with a namespace speaks about that one only. */
function aboutOf(rule: CompiledRule, object: ClusterObject, look: Look): Pick<About, 'subject' | 'namespace'> {
  const { apiVersion, kind, metadata } = object;
  const home = metadata.namespace;
  const namespace = rule.issueNamespace && textAt(['namespace'], rule.issueNamespace, look);
  const lives = rule.namespace ?? (namespace || undefined);
  const place = lives === undefined ? {} : { namespace: lives };
  if (rule.subject === undefined) {
    return { subject: { apiVersion, kind, name: metadata.name, ...(home ? { namespace: home } : {}) }, ...place };
  }
  const made = Object.fromEntries(
    Object.entries(rule.subject).map(([member, template]) => {
      const text = textAt(['subject', member], template, look);
      if (text === '' && member !== 'aspect' && member !== 'namespace') look.refuse(['subject', member], 'is empty');
      return [member, text];
    }),
  ) as unknown as Subject;
  const { namespace: own = home, aspect, ...named } = made;
  return {
    subject: { ...named, ...(own ? { namespace: own } : {}), ...(aspect ? { aspect } : {}) },
    ...place,
  };
}

function allFindings(rule: CompiledRule, look: Look): readonly Finding[] {
  const keys = new Map<string, number>();
  const findings = rule.findings.flatMap((finding, index) =>
    findingsOf(finding, ['findings', index], look).map((made) => {
      const other = keys.get(made.key);
      if (other !== undefined) {
        look.refuse(
          ['findings', index, 'key'],
          `is ${shown(made.key)} a second time (findings[${other}]): a key is one finding`,
        );
      }
      keys.set(made.key, index);
      return made;
    }),
  );
  if (findings.length <= MAX_FINDINGS) return findings;
  return look.refuse(['findings'], `are ${findings.length}; at most ${MAX_FINDINGS} are reported of one object`);
}

function lookWith(cel: typeof import('../../cel/index.ts'), bindings: Bindings, budget: Budget): Look {
  const refuse: Look['refuse'] = (path, message) => {
    throw new LookFault({ path: ['spec', ...path], message: escapeControls(message).slice(0, 500) });
  };
  const fail: Look['fail'] = (path, text, { message, offset, missing }) => {
    const place = cel.placeOf(text, offset);
    const lacks = missing === undefined ? {} : { missing: escapeControls(missing).slice(0, 200) };
    throw new LookFault({ path: ['spec', ...path], message: escapeControls(message).slice(0, 500), place, ...lacks });
  };
  return { bindings, budget, fail, refuse };
}

export function textAt(path: RulePath, template: Template, look: Look): string {
  const { value, fault } = template.evaluate(look.bindings, look.budget);
  return fault ? look.fail(path, template.text, fault) : value;
}

export function shown(value: unknown): string {
  return escapeControls((JSON.stringify(value) ?? 'nothing').slice(0, 100));
}
