import { describe, expect, test } from 'vitest';
import type { Severity } from '../../crds/issue.ts';
import { closure, type EscalationRule, severityAt } from './escalation.ts';
import { activeIssue, ref } from './samples.contract.ts';

const HOUR = 3_600_000_000;
const rule = (severity: Severity, after: number, to: Severity, type?: string): EscalationRule => ({
  ...{ severity, after, to },
  ...(type !== undefined && { type }),
});
const issue = activeIssue(ref('frontend'), 0);
const at = (hours: number, rules: readonly EscalationRule[], severity: Severity = 'minor', type = 'build'): Severity =>
  severityAt({ ...issue, spec: { ...issue.spec, severity, type } }, closure(rules), hours * HOUR);

describe('the severity that age makes', () => {
  test.each<[string, EscalationRule[], [number, Severity][]]>([
    ['without rules is what was reported', [], [[99, 'minor']]],
    [
      'rises at the age of the rule, not before',
      [rule('minor', 2 * HOUR, 'major')],
      [
        [1.99, 'minor'],
        [2, 'major'],
      ],
    ],
    ['is not that of a rule for another severity', [rule('info', HOUR, 'major')], [[9, 'minor']]],
    ['is not that of a rule for another type', [rule('minor', HOUR, 'major', 'release')], [[9, 'minor']]],
    [
      'is the worst of the rules that are due',
      [rule('minor', 3 * HOUR, 'critical'), rule('minor', HOUR, 'major')],
      [
        [1, 'major'],
        [3, 'critical'],
      ],
    ],
    [
      'follows from one rule to the next, by the age of the episode',
      [rule('minor', HOUR, 'major'), rule('major', 3 * HOUR, 'critical')],
      [
        [1, 'major'],
        [2.9, 'major'],
        [3, 'critical'],
      ],
    ],
    [
      'does not rise faster because a later step has a shorter time',
      [rule('minor', 5 * HOUR, 'major'), rule('major', HOUR, 'critical')],
      [
        [4, 'minor'],
        [5, 'critical'],
      ],
    ],
    [
      'follows a rule for its type with one for any, and not with one for another',
      [rule('minor', HOUR, 'major', 'build'), rule('major', HOUR, 'critical', 'release')],
      [[9, 'major']],
    ],
  ])('%s', (_name, rules, expected) => {
    expect(expected.map(([hours]) => [hours, at(hours, rules)])).toEqual(expected);
  });

  test('three steps of rules make one rule from the first to the last', () => {
    const rules = [rule('info', HOUR, 'minor'), rule('minor', 2 * HOUR, 'major'), rule('major', 3 * HOUR, 'critical')];
    expect(at(3, rules, 'info')).toBe('critical');
    expect(closure(rules)).toHaveLength(6);
  });
});
