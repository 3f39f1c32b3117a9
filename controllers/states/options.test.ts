import { describe, expect, test } from 'vitest';
import { defineFindings, type ObjectLike } from '../index.ts';
import { observationOf } from './observation.ts';
import { duration, type FindingOptions, findingOptions } from './options.ts';
import { Timing } from './timing.ts';

const FINDINGS = defineFindings({
  Down: { key: 'availability', type: 'workload', severity: 'critical', meaning: 'm' },
  Slow: { key: 'speed', type: 'workload', severity: 'minor', meaning: 'm' },
});
const schema = findingOptions(FINDINGS);
const object = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'a' } } as ObjectLike;

const severities = (findings: object): string[] =>
  observationOf(
    object,
    [FINDINGS.of('Down', { title: 't' }), FINDINGS.of('Slow', { title: 't' })],
    new Timing({ now: () => new Date(0) }),
    { findings: schema.validate(findings).value as FindingOptions['findings'] },
  ).findings.map(({ reason, severity }) => `${reason} ${severity}`);

describe('the option findings', () => {
  test('changes nothing when it says nothing', () => {
    expect(severities({})).toEqual(['Down critical', 'Slow minor']);
  });

  test('gives a reason another severity, or leaves it out', () => {
    expect(severities({ Down: 'minor', Slow: 'ignore' })).toEqual(['Down minor']);
  });

  test('knows the reasons of its controller alone', () => {
    expect(schema.validate({ Donw: 'minor' }).error?.message).toBe('"Donw" is not allowed');
    expect(schema.validate({ Down: 'off' }).error?.message).toContain('must be one of');
  });
});

test('an object without a namespace is a subject without one', () => {
  const { subject } = observationOf(object, [], new Timing({ now: () => new Date(0) }), { findings: {} });
  expect(subject).toEqual({ apiVersion: 'v1', kind: 'Node', name: 'a' });
});

test.each(['5m', '1h30m', '0s', '14d'])('%s is a duration', (text) => {
  expect(duration().validate(text).error).toBeUndefined();
});

test.each(['5', '5 minutes', '', '-1m'])('%j is none, and the fault says what is', (text) => {
  expect(duration().validate(text, { errors: { label: false } }).error?.message).toMatch(/duration|empty/);
});
