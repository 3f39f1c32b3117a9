import { describe, expect, test } from 'vitest';
import { optionsSchema } from './options.ts';
import { defaults } from './samples.contract.ts';

describe('options', () => {
  test('have defaults', () => {
    expect(defaults).toEqual({
      severity: {
        build: 'major',
        test: 'major',
        release: 'critical',
        pipeline: 'major',
        pullRequest: 'minor',
        optional: 'minor',
      },
      branchExpiry: '90d',
      pullRequestExpiry: '14d',
      overrides: [],
    });
  });

  test.each([
    [
      { consoleURL: 'https://x.example/{nmae}' },
      'has an unknown placeholder; known are namespace, name, application, component, in braces',
    ],
    [{ consoleURL: 'ftp://x.example' }, 'must begin with http:// or https:// and a host'],
    [{ branchExpiry: '2 weeks' }, 'must be a duration such as 90s, 15m, 1h30m or 14d'],
    [{ severity: { build: 'medium' } }, 'must be one of [critical, major, minor, info]'],
    [{ overrides: [{ severity: 'info' }] }, 'is required'],
    [{ consoleUrl: 'https://x.example' }, 'is not allowed'],
  ])('%j is a fault that says what to write', (raw, message) => {
    const { error } = optionsSchema.validate(raw, { errors: { label: false } });
    expect(error?.message).toBe(message);
  });
});
