import type { Condition } from '../../crds/meta.ts';
import { formatTime } from '../../crds/time.ts';
import type { ControllerStatus } from '../runtime/status.ts';
import type { Noted } from './controller.ts';
import { conditionsOf, generationOf, type RuleEntry } from './entry.ts';
import { faultText } from './fault.ts';
import type { NotRunning } from './rule-set.ts';

/** `status` of a rule, as its CRD has it (crds/rule-definitions.ts). */
export interface RuleStatus {
  readonly observedGeneration?: number;
  readonly source: string;
  readonly objects: number;
  readonly failing: number;
  readonly undecided: number;
  readonly failed: number;
  readonly findings: number;
  readonly lastError: Noted | null;
  readonly conditions: readonly Condition[];
}

const MAX_FAULTS = 5;
const MAX_MESSAGE = 4_000;

/** What is to be said about a rule now. `running`: its controller, when it has one. `now`: ms. */
export function statusOf(
  entry: RuleEntry,
  how: {
    readonly running: ControllerStatus | undefined;
    /** Why it does not run though it is valid. */
    readonly whyNot: NotRunning | undefined;
    readonly noted: Noted | undefined;
    readonly now: number;
  },
): RuleStatus {
  const { running, noted } = how;
  const {
    objects = 0,
    failing = 0,
    undecided = 0,
    settledUndecided = 0,
    failed = 0,
    findings = 0,
  } = running?.counts ?? {};
  const generation = generationOf(entry.object);
  const before = new Map(conditionsOf(entry.object).map((condition) => [condition.type, condition]));
  const conditions = [accepted(entry, how.whyNot), ...runningConditions(running)].map((condition): Condition => {
    const known = before.get(condition.type);
    const since = known?.status === condition.status ? known.lastTransitionTime : formatTime(how.now);
    return {
      ...condition,
      message: condition.message.slice(0, MAX_MESSAGE),
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      lastTransitionTime: since,
    };
  });
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...{ source: entry.source, objects, failing, undecided: undecided + settledUndecided, failed, findings },
    // A merge patch takes away what is null.
    lastError: noted !== undefined && undecided + settledUndecided + failed > 0 ? noted : null,
    conditions,
  };
}

type Said = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

function accepted({ rule, faults }: RuleEntry, whyNot: NotRunning | undefined): Said {
  if (whyNot !== undefined) return { type: 'Accepted', status: 'False', ...whyNot };
  if (faults.length === 0) return { type: 'Accepted', status: 'True', reason: 'Valid', message: 'runs as it is' };
  const goesOn = rule === undefined ? '' : '; what was valid before goes on until then, in this process';
  const message = `${faults.slice(0, MAX_FAULTS).map(faultText).join('; ')}${goesOn}`;
  return { type: 'Accepted', status: 'False', reason: 'Invalid', message };
}

function runningConditions(running: ControllerStatus | undefined): Said[] {
  if (running === undefined) {
    return [{ type: 'Ready', status: 'False', reason: 'NotRunning', message: 'it does not run, see Accepted' }];
  }
  return running.conditions.map(({ type, status, reason, message }) => ({ type, status, reason, message }));
}
