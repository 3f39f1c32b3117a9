import {
  type DeepReadonly,
  type Finding,
  fields,
  multiLine,
  type ObjectLike,
  oneLine,
  records,
  text,
} from '../index.ts';
import { type Condition, conditionsOf, shownConditions, whyOf } from '../states/conditions.ts';
import type { Timing } from '../states/timing.ts';
import type { ConditionRule, Options, StateRule } from './options.ts';
import { nameOf, reasonOf, textAt } from './words.ts';

/** What the rules of the options say of one object. */
export interface Judgement {
  readonly findings: readonly Finding[];
  /** Something that a rule is about is not known (yet): without a finding that is no verdict. */
  readonly undecided: string | undefined;
}

export function judge(object: DeepReadonly<ObjectLike>, options: Options, timing: Timing): Judgement {
  const conditions = withoutOutdated(object, conditionsOf(object, timing));
  const look = { object, conditions, options, timing, isReconciling: isReconciling(conditions) };
  const ofConditions = rulesFor(conditions, options.conditions).map(([rule, condition]) =>
    conditionFinding(rule, condition, look),
  );
  const said = [...ofConditions, ...options.states.map((rule) => stateFinding(rule, look))];
  const findings = said.filter((one) => typeof one === 'object');
  const hasStalled = stalled(look, ofConditions);
  return {
    findings: hasStalled === undefined ? findings : [hasStalled, ...findings],
    undecided: said.includes('recent') ? 'RecentlyBad' : undecidedReason(look),
  };
}

/** `recent`: it is wrong, but not for long enough. That is no finding, and no recovery of what was one before. */
type Said = Finding | 'recent' | undefined;

interface Look {
  readonly object: DeepReadonly<ObjectLike>;
  readonly conditions: ReadonlyMap<string, Condition>;
  readonly options: Options;
  readonly timing: Timing;
  readonly isReconciling: boolean;
}

/** Some kinds say of each condition which generation it is of: one of an older spec says nothing. */
function withoutOutdated(
  object: DeepReadonly<ObjectLike>,
  conditions: ReadonlyMap<string, Condition>,
): ReadonlyMap<string, Condition> {
  const { generation } = fields(object.metadata);
  const observed = new Map(
    records(fields(fields(object).status).conditions).map((one) => [text(one.type), one] as const),
  );
  const current = [...conditions].map(([type, condition]): [string, Condition] => {
    const { observedGeneration, severity } = observed.get(type) ?? {};
    const isOld =
      typeof generation === 'number' && typeof observedGeneration === 'number' && observedGeneration < generation;
    // Cluster API and Knative: False with severity Info is on its way.
    const isInfo = condition.status === 'False' && severity === 'Info';
    return [type, isOld || isInfo ? { ...condition, status: 'Unknown' } : condition];
  });
  return new Map(current);
}

/** kstatus: it is being worked on, and did not give up. */
function isReconciling(conditions: ReadonlyMap<string, Condition>): boolean {
  return conditions.get('Reconciling')?.status === 'True' && conditions.get('Stalled')?.status !== 'True';
}

/** Each condition with the rule about it; `*` is of those that no other rule names. */
function rulesFor(
  conditions: ReadonlyMap<string, Condition>,
  rules: readonly ConditionRule[],
): [ConditionRule, Condition][] {
  const named = new Set(rules.map(({ type }) => type));
  return rules.flatMap((rule) =>
    [...conditions.values()]
      .filter(({ type }) => (rule.type === '*' ? !named.has(type) : rule.type === type))
      .map((condition): [ConditionRule, Condition] => [rule, condition]),
  );
}

function conditionFinding(rule: ConditionRule, condition: Condition, look: Look): Said {
  const { bad = ['False'], reasons, ignoreReasons = [] } = rule;
  const { status, reason = '' } = condition;
  if (!bad.includes(status) && !bad.includes('Present')) return undefined;
  if (ignoreReasons.includes(reason) || reasons?.includes(reason) === false) return undefined;
  const { isReconciling, options, timing } = look;
  const duration = rule.for ?? options.for;
  if (!timing.lasts(condition.since, duration)) return 'recent';
  if (isReconciling && !timing.lasts(condition.since, options.reconcilingFor)) return 'recent';
  return findingOf(condition, look, { severity: rule.severity, isPresence: !bad.includes(status) });
}

/** It gave up, whatever the rules are about; if a rule said so already, that is enough. */
function stalled(look: Look, said: readonly Said[]): Finding | undefined {
  const condition = look.conditions.get('Stalled');
  if (condition?.status !== 'True' || said.some((one) => typeof one === 'object')) return undefined;
  return findingOf(condition, look, { isPresence: false });
}

function findingOf(
  condition: Condition,
  { object, conditions, options }: Look,
  { severity = 'major', isPresence }: { severity?: Finding['severity'] | undefined; isPresence: boolean },
): Finding {
  const { type, status, reason } = condition;
  const why = reason === undefined ? '' : `: ${reason}`;
  const said = isPresence ? type : `${type} is ${status}${why}`;
  return {
    key: `condition/${type.slice(0, 200)}`,
    type: options.type,
    severity,
    reason: reasonOf(reason, isPresence ? type : undefined),
    title: oneLine(`${object.kind} ${object.metadata.name}: ${said.slice(0, 1_000)}`, 200),
    description: whyOf(condition) ?? '',
    evidence: {
      conditions: shownConditions([condition, ...[...conditions.values()].filter((one) => one !== condition)]),
    },
  };
}

function stateFinding(rule: StateRule, { object, options, timing, isReconciling }: Look): Said {
  const word = textAt(object, rule.field);
  if (word === undefined || !rule.bad.includes(word)) return undefined;
  const since = timing.at(textAt(object, rule.since));
  if (!timing.lasts(since, rule.for ?? options.for)) return 'recent';
  if (isReconciling && !timing.lasts(since, options.reconcilingFor)) return 'recent';
  const message = textAt(object, rule.message) ?? '';
  return {
    key: `state/${rule.field}`,
    type: options.type,
    severity: rule.severity ?? 'major',
    reason: reasonOf(word),
    title: oneLine(`${object.kind} ${object.metadata.name}: ${nameOf(rule.field)} is ${word}`, 200),
    description: multiLine(message.slice(0, 16_384), 4_096),
  };
}

/** A condition that should say it does not (Unknown), or nothing that a rule is about is there. */
function undecidedReason({ object, conditions, options }: Look): string | undefined {
  const about = rulesFor(conditions, options.conditions);
  const unknown = about.find(([{ bad = ['False'] }, { status }]) => status === 'Unknown' && !bad.includes('Unknown'));
  if (unknown !== undefined) return `${unknown[1].type.replace(/[^A-Za-z0-9]/g, '')}Unknown`;
  const onlyPresence = options.conditions.every(({ bad = [] }) => bad.includes('Present'));
  const hasState = options.states.some(({ field }) => textAt(object, field) !== undefined);
  return about.length === 0 && !hasState && !(onlyPresence && options.states.length === 0) ? 'NoStatus' : undefined;
}
