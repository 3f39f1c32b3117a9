import { expect, test } from 'vitest';
import { enabledIn, type Feature, featureGatesSchema, isEnabled } from './features.ts';

const of = (stage: Feature['stage']): Feature => ({ stage, since: '1', description: '' });
const TABLE = { New: of('alpha'), Tried: of('beta'), Old: of('ga') };

test('alpha is off, beta and ga are on, unless somebody says otherwise', () => {
  expect(Object.keys(TABLE).map((name) => enabledIn(TABLE, name, []))).toEqual([false, true, true]);
  expect(enabledIn(TABLE, 'New', [{ New: true }])).toBe(true);
  expect(enabledIn(TABLE, 'Tried', [{ Tried: false }])).toBe(false);
  expect(enabledIn(TABLE, 'Old', [{ Old: false }])).toBe(true);
});

test('the switch of a stage is weaker than that of a feature, and the later ones are stronger', () => {
  expect(enabledIn(TABLE, 'New', [{ AllAlpha: true }])).toBe(true);
  expect(enabledIn(TABLE, 'New', [{ New: false }, { AllAlpha: true }])).toBe(false);
  expect(enabledIn(TABLE, 'Tried', [{ AllBeta: false, Tried: true }])).toBe(true);
  expect(isEnabled('IssueGroups', { IssueGroups: false }, { IssueGroups: true })).toBe(true);
  expect(isEnabled('IssueGroups', { IssueGroups: true }, { IssueGroups: false })).toBe(false);
});

test('a feature that nobody knows is a fault of the file', () => {
  expect(featureGatesSchema.validate({ IssueGroups: false, AllAlpha: true }).error).toBeUndefined();
  expect(featureGatesSchema.validate({ IssueGroup: true }).error?.message).toContain('"IssueGroup" is not allowed');
});
