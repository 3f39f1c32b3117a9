import { describe, expect, test } from 'vitest';
import { type CataloguedFinding, defineFindings, entryOf } from './catalogue.ts';
import { definitionFaults } from './definition.ts';

const FINDINGS = defineFindings({
  Unavailable: {
    key: 'availability',
    type: 'workload',
    severity: 'critical',
    meaning: 'Nothing runs.',
    remedy: 'Look.',
  },
  Crash: { key: 'pod/<container>', type: 'workload', severity: 'major', meaning: 'A container crashes.' },
});

describe('a catalogue of findings', () => {
  test('gives a finding its type, severity, key and remedy', () => {
    expect(FINDINGS.of('Unavailable', { title: 'shop is down' })).toEqual({
      key: 'availability',
      type: 'workload',
      severity: 'critical',
      reason: 'Unavailable',
      title: 'shop is down',
      remediation: { text: 'Look.' },
    });
  });

  test('what the words say themselves counts more', () => {
    expect(FINDINGS.of('Crash', { key: 'pod/app', severity: 'info', title: 't' })).toMatchObject({
      key: 'pod/app',
      severity: 'info',
    });
  });

  test('knows the findings that were made from it, and no others', () => {
    const known = (finding: object): boolean =>
      entryOf(FINDINGS.catalogue, { ...FINDINGS.of('Crash', { key: 'pod/app', title: 't' }), ...finding }) !==
      undefined;
    expect(known({})).toBe(true);
    expect(known({ key: 'pod/' })).toBe(false);
    expect(known({ key: 'other/app' })).toBe(false);
    expect(known({ reason: 'Other' })).toBe(false);
    expect(known({ severity: 'info' })).toBe(false);
    expect(known({ type: 'build' })).toBe(false);
  });

  test('a row for any other reason does not excuse a row that lies', () => {
    const entry = (reason: string, severity: 'major' | 'minor'): CataloguedFinding => ({
      ...{ reason, severity, key: 'k', type: 't', meaning: 'm' },
    });
    const catalogue = [entry('Known', 'major'), entry('*', 'minor')];
    const of = (reason: string) => entryOf(catalogue, { reason, severity: 'minor', key: 'k', type: 't', title: 't' });
    expect(of('Unheard')?.reason).toBe('*');
    expect(of('Known')).toBeUndefined();
  });
});

test('documentation of another shape is a fault of the plugin; none is not', () => {
  const definition = {
    ...{ apiVersion: 'controller/v1', watches: { apiVersion: 'v1', kind: 'Pod' }, order: 'state', onDelete: 'resolve' },
    observe: () => [],
  };
  expect(definitionFaults(definition, 'use')).toEqual([]);
  const documentation = { summary: 's', findings: FINDINGS.catalogue };
  expect(definitionFaults({ ...definition, documentation }, 'use')).toEqual([]);
  for (const wrong of ['text', { summary: 's' }, { summary: 's', findings: [{ reason: 'R' }] }]) {
    expect(definitionFaults({ ...definition, documentation: wrong }, 'use')).toMatchObject([
      { path: 'use', message: expect.stringContaining('documentation must have a summary') as string },
    ]);
  }
});
