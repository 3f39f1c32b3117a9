import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Evidence } from '../../crds/evidence.ts';
import type { Report } from '../../crds/report.ts';
import type { StoredEvidence } from '../store/store.ts';
import type { Engine } from './engine.ts';
import { cellsOf, EngineFixture, HEALTHY, HOUR } from './testing/engine-fixture.ts';
import { finding, report, SUBJECT } from './testing/world.ts';

/** Evidence on its way through the engine, on the real store: whose is stored, and that it decides nothing. */

let fixture: EngineFixture;
let engine: Engine;
beforeAll(async () => {
  fixture = await EngineFixture.open();
});
afterAll(() => fixture[Symbol.asyncDispose]());
beforeEach(async () => {
  await fixture.empty();
  engine = fixture.start();
});
afterEach(() => engine[Symbol.asyncDispose]());

const log = (...lines: string[]): Evidence => ({ exitCode: 2, log: { lines } });
const shows = (evidence: Evidence | undefined, overrides = {}): Report['body'] => ({
  complete: true,
  findings: [finding('run', { ...(evidence ? { evidence } : {}), ...overrides })],
});
const observed = (name: string): Partial<Report> => ({
  observed: { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name, uid: name },
});
const cells = (...reports: Report[]): Promise<string[][]> => cellsOf(engine, reports);

async function stored(): Promise<StoredEvidence | undefined> {
  const [issue] = await fixture.issues();
  const row = issue && (await fixture.store.issue('team-a', issue.metadata.name));
  return row && fixture.store.evidence(row.id);
}

describe('evidence', () => {
  test('of an accepted look is stored beside the issue, neither in it nor in the change log', async () => {
    expect(await cells(report(fixture.run(HOUR), shows(log('boom')), observed('run-1')))).toEqual([['3A run']]);
    expect(await stored()).toEqual({ at: expect.any(Number), ...observed('run-1'), evidence: log('boom') });
    expect(JSON.stringify(await fixture.issues())).not.toContain('boom');
    expect(JSON.stringify(await fixture.store.database.query('SELECT * FROM changes'))).not.toContain('boom');
  });

  test('of a later look replaces it, of a stale or repeated one does not', async () => {
    const [older, newer] = [fixture.run(2 * HOUR), fixture.run(HOUR)];
    await cells(report(newer, shows(log('newer')), observed('b')));
    expect(await cells(report(older, shows(log('older')), observed('a')))).toEqual([['1B run']]);
    expect(await cells(report(newer, shows(log('again')), observed('b')))).toEqual([['2B run']]);
    expect((await stored())?.evidence).toEqual(log('newer'));
    await cells(report({ ...newer, sequence: 2 }, shows(log('later')), observed('b')));
    expect((await stored())?.evidence).toEqual(log('later'));
  });

  test('V7 that is new to an identical finding is stored without a change', async () => {
    const run = fixture.run(HOUR);
    await cells(report(run, shows(undefined), observed('a')));
    const before = await fixture.store.lastChange();
    expect(await cells(report({ ...run, sequence: 2 }, shows(log('x')), observed('a')))).toEqual([['3B run']]);
    expect((await stored())?.evidence).toEqual(log('x'));
    expect(await fixture.store.lastChange()).toBe(before);
  });

  test('decides nothing: with it and without it the same cells', async () => {
    const run = fixture.run(HOUR);
    const looks = (evidence: Evidence | undefined, name: string) => [
      report(run, shows(evidence), { subject: { ...SUBJECT, name } }),
      report({ ...run, sequence: 2 }, shows(evidence), { subject: { ...SUBJECT, name } }),
      report({ ...run, sequence: 3 }, HEALTHY, { subject: { ...SUBJECT, name } }),
    ];
    expect(await cells(...looks(log('x'), 'with'))).toEqual(await cells(...looks(undefined, 'without')));
  });

  test('of a look that heals is nobody’s, and what showed the issue stays', async () => {
    const run = fixture.run(HOUR);
    await cells(report(run, shows(log('boom')), observed('a')));
    expect(await cells(report(fixture.run(HOUR / 2), HEALTHY))).toEqual([['4B run']]);
    expect((await stored())?.evidence).toEqual(log('boom'));
  });

  test('of the last of several looks in one batch is the one that stays', async () => {
    const looks = [4, 3, 2, 1].map((hours) =>
      report(fixture.run(hours * HOUR), shows(log(`run ${hours}`)), observed(`r${hours}`)),
    );
    await cells(...looks);
    expect((await stored())?.evidence).toEqual(log('run 1'));
  });

  test('is masked and cut at the door, whoever sends it', async () => {
    await cells(
      report(fixture.run(HOUR), shows(log('password=hunter2', ...Array(300).fill('\u001b[31mx'))), observed('a')),
    );
    const { evidence } = (await stored()) as StoredEvidence;
    expect(evidence.log?.lines).toEqual(Array(200).fill('x'));
    await cells(report(fixture.run(HOUR / 2), shows(log('password=hunter2')), observed('b')));
    expect((await stored())?.evidence.log?.lines).toEqual(['password=***']);
  });

  test('that is no evidence is refused with the path of the fault', async () => {
    const evidence = { log: { lines: 'boom' } } as unknown as Evidence;
    expect(await cells(report(fixture.run(HOUR), shows(evidence)))).toEqual([
      [expect.stringMatching(/^422 invalid: \[0\]\.body\.findings\[0\]\.evidence\.log\.lines must be an array/)],
    ]);
  });

  test('from another namespace is text, and stays there (docs/adr/0007)', async () => {
    const elsewhere = { subject: { ...SUBJECT, namespace: 'team-b' } };
    await cells(report(fixture.run(HOUR), shows(log('boom')), elsewhere));
    expect(await stored()).toBeUndefined();
    await cells(report(fixture.run(HOUR / 2), shows(log('boom')), { ...elsewhere, crossNamespaceText: true }));
    expect(await stored()).toBeDefined();
  });

  test('of many issues at once does not make a batch too large', async () => {
    const evidence = log('y'.repeat(3_000));
    const reports = Array.from({ length: 400 }, (_, n) =>
      report(fixture.run(HOUR), shows(evidence), { subject: { ...SUBJECT, name: `c-${n}` } }),
    );
    await cells(...reports);
    const [count] = await fixture.store.database.query('SELECT count(*)::int AS n FROM evidence');
    expect(count).toEqual({ n: 400 });
  });
});
