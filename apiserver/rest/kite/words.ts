import type { IssueState, Severity } from '../../../crds/issue.ts';
import { SEVERITIES } from '../../../crds/issue.ts';

/** Kite's words for severities, types and states, and what they are here. */

export const KITE_TYPES = ['build', 'test', 'release', 'dependency', 'pipeline'] as const;
export type KiteState = 'ACTIVE' | 'RESOLVED';

/** Told of a word that Kite's own clients send though Kite never had it. */
export type OnMapped = (from: string, to: string) => void;

/** Undefined when it is no severity. Kite's operator sends `medium`, which Kite's enum never had. */
export function severityOf(text: string, onMapped: OnMapped): Severity | undefined {
  if (text === 'medium') {
    onMapped(text, 'minor');
    return 'minor';
  }
  return SEVERITIES.find((severity) => severity === text);
}

export function stateOf(text: string): IssueState | undefined {
  if (text === 'ACTIVE') return 'Active';
  return text === 'RESOLVED' ? 'Resolved' : undefined;
}

export function kiteState(state: IssueState): KiteState {
  return state === 'Active' ? 'ACTIVE' : 'RESOLVED';
}
