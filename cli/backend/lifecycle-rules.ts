import type { EscalationRule } from '../../apiserver/store/escalation.ts';
import type { FlappingRule } from '../../apiserver/store/flapping.ts';
import type { IssuesConfiguration } from '../../crds/configuration.ts';
import { parseDuration } from '../../crds/duration.ts';

/** What `issues:` of faultline.yaml says about age, in µs as the store counts. */

/** Undefined: nothing flaps. */
export function flappingRule({ flapping }: IssuesConfiguration): FlappingRule | undefined {
  const { enabled, reopened, within } = flapping;
  return enabled ? { reopened, within: parseDuration(within) * 1_000 } : undefined;
}

export function escalationRules({ escalation }: IssuesConfiguration): EscalationRule[] {
  return escalation.map(({ after, ...rule }) => ({ ...rule, after: parseDuration(after) * 1_000 }));
}
