import { expect, test } from 'vitest';
import type { Evidence } from '../../crds/evidence.ts';
import { evidenceText } from '../../crds/evidence.ts';
import { commitOne, open, readOne, ref, run, write } from './samples.contract.ts';
import type { SqlStore } from './sql-store.ts';
import type { Clock } from './store.contract.ts';
import type { EvidenceWrite, StoredIssue } from './store.ts';
import { sweepOnce } from './sweeper.ts';
import { hideIssue, resolveIssue } from './transitions.ts';

const DAY = 86_400_000_000;
const pod = (name: string) => ({ apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name, uid: `uid-${name}` });
const log = (...lines: string[]): Evidence => ({ exitCode: 2, log: { lines } });

function shown({ id }: StoredIssue, evidence: Evidence, observed = pod('run-1')): EvidenceWrite {
  return { issueId: id, observed, evidence, text: evidenceText(evidence) };
}

/** What shows an issue, beside it (docs/adr/0009). */
export function evidenceContract(get: () => SqlStore, clock: Clock): void {
  const show = (evidence: EvidenceWrite, name = 'frontend') =>
    commitOne(get(), ref(name), () => ({ evidence: [evidence] }));

  test('is read as it was written, with the object that it is about and the time', async () => {
    const issue = await open(get(), ref('frontend'));
    const evidence: Evidence = {
      conditions: [{ type: 'Succeeded', status: 'False', message: 'quotes " and \\ and ünïcode \u{1f4a5}' }],
      ...{ step: 'build', exitCode: 2, log: { pod: 'p', container: 'c', lines: ['', 'b\tc'], cut: true } },
    };
    await show(shown(issue, evidence));
    const found = await get().evidence(issue.id);
    expect(found).toEqual({ at: expect.any(Number), observed: pod('run-1'), evidence });
    expect(Math.abs((found?.at ?? 0) - (await get().now()))).toBeLessThan(60_000_000);
    expect(await get().evidence(crypto.randomUUID())).toBeUndefined();
  });

  test('comes with a new issue in one write', async () => {
    const [state, sample] = [await readOne(get(), ref('frontend')), await open(get(), ref('backend'))];
    const issue = { ...sample, ...{ id: crypto.randomUUID(), fingerprint: 'ab'.repeat(32), name: 'new-one' } };
    await get().commit([
      write(state, [{ op: 'insert', issue }], {
        watermarks: new Map([['', run(1)]]),
        evidence: [shown(issue, log('a'))],
      }),
    ]);
    expect((await get().evidence(issue.id))?.evidence).toEqual(log('a'));
  });

  test('V7 no watch hears of it, and the issue stays as it is', async () => {
    const issue = await open(get(), ref('frontend'));
    await show(shown(issue, log('a')));
    await show(shown(issue, log('b')));
    expect((await get().changes('issues').since(issue.change, 10)).changes).toEqual([]);
    expect(await get().issue(issue.namespace, issue.name)).toEqual(issue);
    expect((await get().evidence(issue.id))?.evidence).toEqual(log('b'));
  });

  test('of a write that conflicts is not stored, beside one of the same batch that is', async () => {
    const [first, second] = [await open(get(), ref('frontend')), await open(get(), ref('backend'))];
    const [stale, fresh] = [await readOne(get(), ref('frontend')), await readOne(get(), ref('backend'))];
    await show(shown(first, log('the winner')));
    const { outcomes } = await get().commit([
      write(stale, [], { evidence: [shown(first, log('too late'))] }),
      write(fresh, [], { evidence: [shown(second, log('in time'))] }),
      write(fresh, [], { evidence: [shown(second, log('twice in a batch'))] }),
    ]);
    expect(outcomes).toEqual(['conflict', 'committed', 'conflict']);
    expect((await get().evidence(first.id))?.evidence).toEqual(log('the winner'));
    expect((await get().evidence(second.id))?.evidence).toEqual(log('in time'));
  });

  test('a log outlives its Pod: evidence of the same object without one does not replace it, of another one it does', async () => {
    const issue = await open(get(), ref('frontend'));
    await show(shown(issue, log('a')));
    await show(shown(issue, { exitCode: 2 }));
    expect((await get().evidence(issue.id))?.evidence).toEqual(log('a'));
    await show(shown(issue, { exitCode: 3 }, pod('run-2')));
    expect(await get().evidence(issue.id)).toMatchObject({ observed: pod('run-2'), evidence: { exitCode: 3 } });
  });

  test('equal evidence is not written again', async () => {
    const issue = await open(get(), ref('frontend'));
    await show(shown(issue, log('a')));
    const before = await get().evidence(issue.id);
    clock.offset = 3_600_000_000;
    await show(shown(issue, log('a')));
    expect(await get().evidence(issue.id)).toEqual(before);
  });

  test('its text is found by id, for those issues that have any', async () => {
    const [first, second] = [await open(get(), ref('frontend')), await open(get(), ref('backend'))];
    await show(shown(first, log('a', 'b')));
    expect(await get().evidenceText([first.id, second.id])).toEqual(new Map([[first.id, 'a\nb']]));
    expect(await get().evidenceText([])).toEqual(new Map());
  });

  test('stays when the issue resolves and leaves the list, and goes with the row at the end of its retention', async () => {
    const issue = await open(get(), ref('frontend'));
    await show(shown(issue, log('a')));
    await commitOne(get(), ref('frontend'), ({ issues, now }) => {
      const resolved = resolveIssue(issues.get('run') as StoredIssue, { at: now, now, reason: 'Recovered' });
      return { issues: [{ ...resolved, ...hideIssue(resolved.issue, now) }] };
    });
    clock.offset = 89 * DAY;
    await sweepOnce(get());
    expect(await get().evidence(issue.id)).toBeDefined();
    clock.offset = 91 * DAY;
    await sweepOnce(get());
    expect(await get().evidence(issue.id)).toBeUndefined();
  });
}
