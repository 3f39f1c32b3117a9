import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { objectHash } from '../../crds/identity.ts';
import { MAX_REPORTS, type Report, type ReportBody } from '../../crds/report.ts';
import type { Engine } from './engine.ts';
import { GroupCommit } from './group-commit.ts';
import type { NormalizedReport } from './normalized.ts';
import { trustedAccess } from './ports.ts';
import {
  about,
  CALLER,
  cellsOf,
  EngineFixture,
  HEALTHY,
  HOUR,
  RED,
  type ServedIssue,
} from './testing/engine-fixture.ts';
import { arrivals, expectedActive, observations } from './testing/observations.ts';
import { context, DAY, finding, NOON, nameOf, report, SUBJECT } from './testing/world.ts';

/** The engine on the real store, PGlite in memory. */

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

const run: EngineFixture['run'] = (...args) => fixture.run(...args);
const issues = (): Promise<ServedIssue[]> => fixture.issues();
const cells = (reports: unknown, by: Engine = engine): Promise<string[][]> => cellsOf(by, reports);

describe('a report', () => {
  test('is decided and stored when the answer comes, and watches can start from the answer', async () => {
    const before = await fixture.store.lastChange();
    const { results, resourceVersion, database } = await engine.submit(report(run(HOUR), RED), CALLER);
    expect(database).toBe(fixture.store.identity);
    expect(results).toEqual([
      {
        index: 0,
        status: 200,
        decisions: [
          {
            key: 'run',
            cell: '3A',
            issue: { namespace: 'team-a', name: expect.stringMatching(/^component-frontend-/) },
          },
        ],
      },
    ]);
    expect(Number(resourceVersion)).toBe(before + 1);
    expect(await issues()).toMatchObject([
      { metadata: { name: results[0]?.decisions?.[0]?.issue?.name, namespace: 'team-a' }, status: { state: 'Active' } },
    ]);
  });

  test('opens, resolves and reopens the same issue', async () => {
    expect(await cells(report(run(3 * HOUR), RED))).toEqual([['3A run']]);
    expect(await cells(report(run(2 * HOUR), HEALTHY))).toEqual([['4B run']]);
    expect(await cells(report(run(HOUR), RED))).toEqual([['3C run']]);
    expect(await issues()).toMatchObject([{ status: { state: 'Active', reopened: 1 } }]);
  });

  test('may close several episodes in one request: each is kept', async () => {
    const backlog = [HEALTHY, RED, HEALTHY, RED, HEALTHY, RED].map((body, index) =>
      report(run((9 - index) * HOUR), body),
    );
    expect(await cells(backlog)).toEqual([['4A '], ['3A run'], ['4B run'], ['3C run'], ['4B run'], ['3C run']]);
    const episodes = await fixture.store.database.query<{ number: number }>(
      'SELECT number FROM episodes ORDER BY number',
    );
    expect(episodes.map(({ number }) => Number(number))).toEqual([1, 2]);
    expect(await issues()).toMatchObject([{ status: { state: 'Active', reopened: 2 } }]);
  });

  test('that changes nothing writes nothing', async () => {
    const first = report(run(HOUR), RED);
    await engine.submit(first, CALLER);
    const before = await fixture.store.lastChange();
    expect(await cells([first, report(run(2 * HOUR), HEALTHY)])).toEqual([['2B run'], ['1B run']]);
    expect(await fixture.store.lastChange()).toBe(before);
  });

  test('completed more than 60 s in the future is refused, a little ahead is not', async () => {
    const [ahead] = (await engine.submit([report(run(-61_500), RED)], CALLER)).results;
    expect(ahead).toMatchObject({ status: 422, details: [{ path: '[0].order.completedAt' }] });
    expect(await issues()).toEqual([]);
    expect(await cells(report(run(-30_000), RED))).toEqual([['3A run']]);
  });

  test('of a run older than the retention is stale, except for folders and replay', async () => {
    const old = report(run(100 * 24 * HOUR), RED);
    expect(await cells(old)).toEqual([['1A run']]);
    await using replay = fixture.start({ retention: Number.POSITIVE_INFINITY });
    expect(await cells(old, replay)).toEqual([['3A run']]);
  });

  test('in a dry run is validated and not stored', async () => {
    const { results } = await engine.submit([report(run(HOUR), RED), {}], CALLER, { dryRun: true });
    expect(results.map(({ status }) => status)).toEqual([200, 422]);
    expect(await issues()).toEqual([]);
  });
});

describe('an array of reports', () => {
  test('is as many independent reports: the poisonous one is refused alone, with the path of every fault', async () => {
    const bad = report(run(HOUR), { complete: true, findings: [finding('a', { severity: 'medium' as never })] });
    const twice = report(run(HOUR), { complete: true, findings: [finding('a'), finding('a')] });
    const nul = report(
      run(HOUR),
      { complete: true, findings: [finding('nul\u0000', { title: 'a\ud800\u0000' })] },
      about('backend'),
    );
    const { results } = await engine.submit([report(run(HOUR), RED), bad, twice, nul], CALLER);
    expect(results.map(({ status }) => status)).toEqual([200, 422, 422, 200]);
    expect(results[1]?.details).toEqual([
      {
        path: '[1].body.findings[0].severity',
        message: expect.stringContaining('must be one of'),
        value: 'medium',
        allowed: ['critical', 'major', 'minor', 'info'],
      },
    ]);
    expect(results[2]?.details?.[0]).toMatchObject({ path: '[2].body.findings[1].key', value: 'a' });
    expect(await issues()).toHaveLength(2);
  });

  test('names all faults of a report at once', async () => {
    const { results } = await engine.submit([{ source: 'UPPER', order: { class: 'run' }, extra: 1 }], CALLER);
    expect(results[0]?.details?.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['[0].source', '[0].namespace', '[0].subject', '[0].order.uid', '[0].body', '[0].extra']),
    );
  });

  test('is answered at once when it is absurdly long, and never with more faults than a person reads', async () => {
    const many = Array.from({ length: 30_000 }, (_, n) => finding(`k${n}`));
    const links = Array.from({ length: 10_000 }, () => ({}) as never);
    const { results } = await engine.submit(
      [
        report(run(HOUR), { complete: true, findings: many }),
        report(run(HOUR), { complete: true, findings: [finding('a', { links })] }),
      ],
      CALLER,
    );
    expect(results[0]?.details).toEqual([
      { path: '[0].body.findings', message: 'has 30000 items; at most 500 are taken' },
    ]);
    expect(results[1]?.details).toHaveLength(100);
  });

  test('is decided in order for one subject', async () => {
    const steps = [report(run(2 * HOUR), RED), report(run(HOUR), HEALTHY)];
    expect(await cells(steps)).toEqual([['3A run'], ['4B run']]);
  });

  test.each([
    ['nothing', null],
    ['text', 'report'],
    ['too many', Array(MAX_REPORTS + 1).fill({})],
  ])('that is %s is no input', async (_what, input) => {
    await expect(engine.submit(input, CALLER)).rejects.toMatchObject({ name: 'InvalidInput' });
  });

  test('that is empty is answered', async () => {
    expect((await engine.submit([], CALLER)).results).toEqual([]);
  });
});

describe('the same subject from many sides', () => {
  test('200 subjects, 16 identical reports each, at once: 200 issues, 200 changes', async () => {
    const before = await fixture.store.lastChange();
    await using other = fixture.start();
    const order = run(HOUR);
    const all = Array.from({ length: 16 }, (_, round) =>
      (round % 2 ? other : engine).submit(
        Array.from({ length: 200 }, (_, n) => report(order, RED, about(`frontend-${n}`))),
        CALLER,
      ),
    );
    for (const { results } of await Promise.all(all)) expect(results.every(({ status }) => status === 200)).toBe(true);
    expect(await issues()).toHaveLength(200);
    expect(await fixture.store.lastChange()).toBe(before + 200);
  });

  test('two engines (replicas) on one database end where the newest run says', async () => {
    await using other = fixture.start();
    const runs = Array.from({ length: 40 }, (_, n) => report(run((40 - n) * 60_000), n % 3 ? RED : HEALTHY));
    const shuffled = runs.toSorted((a, b) => hash(a) - hash(b));
    // Failures that were over before anybody reported one are no issue: which batch is the first is up to the clock.
    await engine.submit(report(run(HOUR), RED), CALLER);
    await Promise.all(shuffled.map((each, n) => (n % 2 ? other : engine).submit(each, CALLER)));
    expect(await issues()).toMatchObject([{ status: { state: 'Resolved', resolvedReason: 'Recovered' } }]);
    await engine.submit(report(run(1_000), RED), CALLER);
    expect(await issues()).toMatchObject([{ status: { state: 'Active' } }]);
  });

  function hash({ order }: Report): number {
    return Number.parseInt(objectHash('v1', 'Run', '', JSON.stringify(order)).slice(0, 8), 16);
  }
});

test('a restart storm changes nothing: 2,000 old runs of 40 subjects, again, in list order', async () => {
  const runs = Array.from({ length: 2_000 }, (_, n) => {
    const [subject, age] = [n % 40, Math.floor(n / 40)];
    return report(
      run((60 - age) * HOUR, `uid-${n}`),
      (age + subject) % 3 ? RED : HEALTHY,
      about(`frontend-${subject}`),
    );
  });
  // The runtime sends a backlog oldest first; a list comes in the order of random names.
  for (const chunk of [runs.slice(0, 1_000), runs.slice(1_000)]) await engine.submit(chunk, CALLER);
  const before = [await fixture.store.lastChange(), await issues()];
  const listed = runs.toSorted((a, b) => listOrder(a) - listOrder(b));
  const answers = await Promise.all([listed.slice(0, 1_000), listed.slice(1_000)].map((each) => cells(each)));
  expect([await fixture.store.lastChange(), await issues()]).toEqual(before);
  const decided = new Set(answers.flat(2).map((cell) => cell.split(' ')[0]));
  expect([...decided].every((cell) => /^[12]/.test(cell as string))).toBe(true);

  function listOrder({ order }: Report): number {
    return Number.parseInt(objectHash('v1', 'Run', '', (order as { uid: string }).uid).slice(0, 8), 16);
  }
});

test('what order cannot change holds through the database: any order, any batches, two replicas', async () => {
  await fc.assert(
    fc.asyncProperty(shuffledBatches(), async ([looks, batches]) => {
      await fixture.empty();
      // The looks are about noon of one day; the database clock is set to it.
      fixture.pass(NOON / 1_000 - Date.now());
      const commits = [1, 2].map(
        (concurrency) => new GroupCommit({ store: fixture.store, concurrency, retention: 90 * DAY, newId: randomUUID }),
      );
      const namespace = { uid: 'ns-1' };
      const answers = batches.map((batch, n) =>
        (commits[n % 2] as GroupCommit).decide(batch.map((each) => ({ report: each, namespace }))),
      );
      for (const { status } of (await Promise.all(answers)).flat()) expect(status).toBe(200);
      const active = (await fixture.store.activeIssues('tekton-pipelinerun')).map(
        ({ issue }) => [nameOf(issue), issue.contentHash] as const,
      );
      const expected = [...expectedActive(looks, context())].map(([name, { contentHash }]) => [name, contentHash]);
      expect(new Map(active)).toEqual(new Map(expected as [string, string][]));
    }),
    { numRuns: 25 * Number(process.env.FAULTLINE_SOAK ?? 1) },
  );

  function shuffledBatches(): fc.Arbitrary<[NormalizedReport[], NormalizedReport[][]]> {
    return observations('mixed').chain((all) => {
      // The server stamps the deletions of runs, so these have no order of their own.
      const looks = all.filter(
        ({ order, body }) => order.class !== 'run' || body.kind !== 'deleted' || order.completedAt !== undefined,
      );
      if (looks.length === 0) return fc.constant([[], []]);
      return fc
        .tuple(arrivals(looks), fc.integer({ min: 1, max: 4 }))
        .map(([sent, size]) => [looks, chunks(sent, size)]);
    });
  }

  function chunks<T>(all: readonly T[], size: number): T[][] {
    return Array.from({ length: Math.ceil(all.length / size) }, (_, n) => all.slice(n * size, (n + 1) * size));
  }
});

describe('deletions', () => {
  test('of a whole subject resolve every aspect at once, also those named with another apiVersion', async () => {
    const aspects = ['', 'build/push/main', 'build/pr/18'];
    await engine.submit(
      aspects.map((aspect) => report(run(HOUR), RED, about('frontend', aspect))),
      CALLER,
    );
    const { completedAt: _, ...order } = run(0);
    const gone = report(
      order,
      { deleted: 'subject' },
      { subject: { ...SUBJECT, apiVersion: 'appstudio.redhat.com/v1' } },
    );
    expect(await cells(gone)).toEqual([['5B run', '5B run', '5B run']]);
    expect((await issues()).map(({ status }) => status.state)).toEqual(['Resolved', 'Resolved', 'Resolved']);
    // Older than the deletion, of an aspect that nobody has reported: its subject is gone.
    expect(await cells(report(run(60_000), RED, about('frontend', 'build/pr/19')))).toEqual([['1A run']]);
    expect(await cells(report(run(-5_000), RED, about('frontend', 'build/pr/19')))).toEqual([['3A run']]);
  });

  test('of runs are stamped by the server, newer than every run so far', async () => {
    await engine.submit(report(run(-40_000), RED), CALLER);
    const order = { class: 'run', uid: 'x', detail: 0, epoch: 1, sequence: 9 } as const;
    expect(await cells(report(order, { deleted: 'object' }))).toEqual([['5B run']]);
  });

  test('in one array with reports about the same object are decided in order', async () => {
    const order = { class: 'state', epoch: 1 } as const;
    const main = about('frontend', 'build/push/main');
    const all = [
      report({ ...order, sequence: 1 }, RED, main),
      report({ ...order, sequence: 2 }, { deleted: 'subject' }),
      report({ ...order, sequence: 3 }, RED, main),
    ];
    expect(await cells(all)).toEqual([['3A run'], ['5A ', '5B run'], ['3C run']]);
  });
});

describe('received', () => {
  const received = (body: ReportBody, deliveryId?: string): Report =>
    report({ class: 'received', ...(deliveryId ? { deliveryId } : {}) }, body, { source: 'kite' });

  test('reports count in the order of their arrival', async () => {
    expect(await cells([received(RED), received(HEALTHY), received(RED)])).toEqual([
      ['3A run'],
      ['4B run'],
      ['3C run'],
    ]);
  });

  test('deliveries seen in the last 24 h are answered as the first time', async () => {
    const first = await cells([received(RED, 'd-1'), received(RED, 'd-1')]);
    expect(first).toEqual([['3A run'], ['3A run']]);
    await engine.submit(received(HEALTHY, 'd-2'), CALLER);
    expect(await cells(received(RED, 'd-1'))).toEqual([['3A run']]);
    expect(await issues()).toMatchObject([{ status: { state: 'Resolved' } }]);
    fixture.pass(25 * HOUR);
    expect(await cells(received(RED, 'd-1'))).toEqual([['3C run']]);
  });

  test('a delivery id is that of one subject: another tenant or another report may use it, and neither is lost', async () => {
    const of = (changes: Partial<Report>): Report => ({ ...received(RED, 'run-17'), ...changes });
    const elsewhere = of({ namespace: 'team-b', subject: { ...SUBJECT, namespace: 'team-b' } });
    const other = of({ subject: { ...SUBJECT, name: 'backend' } });
    expect(await cells([of({}), other, elsewhere])).toEqual([['3A run'], ['3A run'], ['3A run']]);
    expect(await issues()).toHaveLength(3);
    expect(await cells([elsewhere, { ...elsewhere, body: HEALTHY }])).toEqual([['3A run'], ['3A run']]);
  });
});

describe('rights and namespaces', () => {
  test('are asked once a request for each source and namespace, and refuse report by report', async () => {
    const asked: unknown[] = [];
    await using strict = fixture.start({
      access: {
        ...trustedAccess,
        mayReport(_caller, what) {
          asked.push(what);
          return what.source === 'foreign' ? { allowed: false, reason: 'not yours' } : { allowed: true };
        },
      },
    });
    const mine = report(run(HOUR), RED);
    const elsewhere = report(run(HOUR), RED, { subject: { ...SUBJECT, namespace: 'team-b' } });
    const foreign = report(run(HOUR), RED, { source: 'foreign' });
    expect(await cells([mine, foreign, mine, elsewhere], strict)).toEqual([
      ['3A run'],
      ['403 not yours'],
      ['2B run'],
      ['3A run'],
    ]);
    expect(asked).toEqual([
      { source: 'tekton-pipelinerun', namespace: 'team-a', subjectNamespace: 'team-a' },
      { source: 'foreign', namespace: 'team-a', subjectNamespace: 'team-a' },
      { source: 'tekton-pipelinerun', namespace: 'team-a', subjectNamespace: 'team-b' },
    ]);
  });

  test('nothing is stored when nobody can say who may', async () => {
    const failing = Object.assign(new Error('no answer'), { name: 'AccessUnavailable' });
    await using strict = fixture.start({ access: { ...trustedAccess, mayReport: () => Promise.reject(failing) } });
    await expect(strict.submit([report(run(HOUR), RED)], CALLER)).rejects.toBe(failing);
    expect(await issues()).toEqual([]);
  });

  test('what a namespace of the same name left behind belongs to the new one as soon as it is seen there', async () => {
    const inside = (uid: string): Engine => fixture.start({ namespaces: { resolve: () => ({ uid }) } });
    const look = (sequence: number): Report => report({ class: 'state', epoch: 1, sequence }, RED);
    await using old = inside('old');
    await old.submit(look(1), CALLER);
    await using made = inside('new');
    expect(await cells(look(2), made)).toEqual([['3B run']]);
    const [active] = await fixture.store.activeIssues('tekton-pipelinerun');
    expect(active?.issue).toMatchObject({ namespaceUid: 'new' });
    const before = await fixture.store.lastChange();
    expect(await cells(look(3), made)).toEqual([['3B run']]);
    expect(await fixture.store.lastChange()).toBe(before);
  });

  test('issues of cluster-scoped subjects have a place, whether the cluster has such a namespace or not', async () => {
    await using strict = fixture.start({ namespaces: { resolve: () => 'missing' } });
    const node: Report = {
      ...report({ class: 'state', epoch: 1, sequence: 1 }, RED),
      namespace: 'faultline-system',
      subject: { apiVersion: 'v1', kind: 'Node', name: 'node-1' },
    };
    expect(await cells(node, strict)).toEqual([['3A run']]);
  });

  test('a missing namespace is 404, a terminating one 409, and a run from before the namespace is stale', async () => {
    const createdAt = (Date.now() - HOUR) * 1_000;
    await using strict = fixture.start({
      namespaces: {
        resolve: (name) =>
          name === 'gone' ? 'missing' : name === 'ending' ? 'terminating' : { uid: 'ns-7', createdAt },
      },
    });
    const into = (namespace: string, ms: number): Report => report(run(ms), RED, { namespace });
    expect(
      await cells([into('gone', 0), into('ending', 0), into('new', 2 * HOUR), into('new', 60_000)], strict),
    ).toEqual([
      ['404 namespace gone not found'],
      ['409 terminating: namespace ending is being deleted'],
      ['1A run'],
      ['3A run'],
    ]);
    const { name } = (await issues())[0]?.metadata ?? { name: '' };
    expect(await fixture.store.issue('new', name)).toMatchObject({ namespaceUid: 'ns-7' });
  });
});
