import { expect, test } from 'vitest';
import { issueCrd, structural } from './issue-crd.ts';

test('a structural schema has no additionalProperties: false and patterns that Go reads', () => {
  const converted = structural({
    a: [{ additionalProperties: false, pattern: '^[\\u0000-\\u001f]$' }],
    type: 'object',
  });
  expect(converted).toEqual({ a: [{ pattern: '^[\\x{0000}-\\x{001f}]$' }], type: 'object' });
});

test('the CRD has the fields of an Issue, spec and status', () => {
  const text = JSON.stringify(issueCrd());
  for (const field of ['subject', 'severity', 'remediation', 'resolvedReason', 'conditions', 'occurrences'])
    expect(text).toContain(`"${field}":{`);
  expect(text).not.toContain('additionalProperties');
});
