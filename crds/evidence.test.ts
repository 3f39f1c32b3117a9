import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cleanEvidence, type Evidence, evidenceSchema, evidenceText, MAX_EVIDENCE_BYTES } from './evidence.ts';

const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));
const lines = (count: number, text: (n: number) => string = (n) => `line ${n}`): string[] =>
  Array.from({ length: count }, (_, n) => text(n));

describe('evidence is cleaned', () => {
  test('what is within the limits stays as it is', () => {
    const evidence: Evidence = {
      failing: { apiVersion: 'tekton.dev/v1', kind: 'TaskRun', name: 'build-1' },
      conditions: [
        {
          type: 'Succeeded',
          status: 'False',
          reason: 'Failed',
          message: 'exit 2',
          lastTransitionTime: '2026-11-21T07:00:00Z',
        },
      ],
      step: 'build',
      exitCode: 2,
      log: { pod: 'build-1-pod', container: 'step-build', lines: ['make: *** [all] Error 2', '', '  at x'] },
    };
    expect(cleanEvidence(evidence)).toEqual(evidence);
  });

  test('of a long log the last 200 lines stay, and it says so', () => {
    const { log } = cleanEvidence({ log: { lines: lines(450) } }) as Evidence;
    expect(log).toEqual({ lines: lines(450).slice(-200), cut: true });
  });

  test('of long lines as many stay as fit into 32 KiB, the last ones', () => {
    const evidence = cleanEvidence({ step: 'x', log: { lines: lines(100, (n) => `${n} ${'"'.repeat(1_000)}`) } });
    expect(bytes(evidence)).toBeLessThanOrEqual(MAX_EVIDENCE_BYTES);
    expect(bytes(evidence)).toBeGreaterThan(MAX_EVIDENCE_BYTES - 3_000);
    expect(evidence?.log?.lines.at(-1)).toMatch(/^99 /);
  });

  test('credentials are masked across lines, also where control characters hide them', () => {
    const key = ['-----BEGIN PRIVATE KEY-----', 'QUJD'.repeat(16), '-----END PRIVATE KEY-----'];
    const evidence = cleanEvidence({
      conditions: [{ type: 'Succeeded', status: 'False', message: 'clone https://u:pw@h/x failed' }],
      log: { lines: ['a', ...key, 'pass\u0000word=hunter2', '\u001b[31mtoken: abc\u001b[0m', 'b'] },
    });
    expect(evidence?.conditions?.[0]?.message).toBe('clone https://***@h/x failed');
    expect(evidence?.log?.lines).toEqual(['a', '***', 'password=***', 'token: ***', 'b']);
  });

  test('nothing that a terminal would execute is left', () => {
    const evidence = cleanEvidence({ step: 'a\u001b[2Jb', log: { lines: ['x\u202ey', 'p 1%\rp 2%'] } });
    expect(evidence).toEqual({ step: 'ab', log: { lines: ['xy', 'p 1%', 'p 2%'] } });
  });

  test('an empty log is none, and nothing at all is no evidence', () => {
    expect(cleanEvidence({ log: { lines: [] } })).toBeUndefined();
    expect(cleanEvidence({ exitCode: 0, log: { lines: ['', ''] } })).toEqual({ exitCode: 0 });
  });
});

test('a search looks into names, conditions and lines', () => {
  const conditions = [{ type: 'Succeeded', status: 'False', reason: 'Failed', message: 'exit 2' }];
  expect(
    evidenceText({
      failing: { apiVersion: 'v1', kind: 'TaskRun', name: 'tr' },
      conditions,
      step: 's',
      exitCode: 2,
      log: { lines: ['a', 'b'] },
    }),
  ).toBe('tr\ns\nFailed: exit 2\na\nb');
});

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom(
    'password=',
    'x'.repeat(5_000),
    '"\\'.repeat(900),
    '-----BEGIN A-----',
    '\u001b[',
    '\ud800',
    'Authorization: Basic eDp5',
  ),
);
const evidences: fc.Arbitrary<Evidence> = fc.record(
  {
    failing: fc.record({ apiVersion: hostile, kind: hostile, name: hostile }),
    conditions: fc.array(fc.record({ type: hostile, status: hostile, message: hostile }), { maxLength: 12 }),
    step: hostile,
    exitCode: fc.integer(),
    log: fc.record(
      { pod: hostile, lines: fc.array(hostile, { maxLength: 300 }), cut: fc.boolean() },
      { requiredKeys: ['lines'] },
    ),
  },
  { requiredKeys: [] },
);

test('whatever was sent: it is within the limits, the schema takes it, and cleaning again changes nothing', () => {
  fc.assert(
    fc.property(evidences, (evidence) => {
      const cleaned = cleanEvidence(evidence);
      if (cleaned === undefined) return;
      expect(bytes(cleaned)).toBeLessThanOrEqual(MAX_EVIDENCE_BYTES);
      expect(evidenceSchema.validate(cleaned).error).toBeUndefined();
      expect(cleanEvidence(cleaned)).toEqual(cleaned);
      expect(evidenceText(cleaned)).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
    }),
  );
});
