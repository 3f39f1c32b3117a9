import { describe, expect, test } from 'vitest';
import { LABELS } from '../../crds/names.ts';
import { activeIssue, change, commitOne, open, ref } from './samples.contract.ts';
import { type SearchFilter, type SearchQuery, type SearchSort, SORT_COLUMNS } from './search.ts';
import { ISSUE_POSITIONS } from './search-index.ts';
import { findMatches } from './search-matches.ts';
import { SqlIssueSearch } from './sql-search.ts';
import type { SqlStore } from './sql-store.ts';
import type { StoredIssue } from './store.ts';
import { sweepOnce } from './sweeper.ts';
import { hideIssue, resolveIssue } from './transitions.ts';

const MINUTE = 60_000_000;
const HOUR = 60 * MINUTE;

/** Finding issues by words and by what they are, from an index that follows the change log. */
export function searchContract(get: () => SqlStore): void {
  const index = async (): Promise<void> => {
    const following = get().searchIndex();
    while ((await following.step()).more);
  };
  const search = (query: Partial<SearchQuery>) =>
    get().search({
      namespaces: 'all',
      filter: {},
      sort: { by: query.text === undefined ? 'openedAt' : 'relevance', descending: true },
      limit: 20,
      ...query,
    });
  const names = async (query: Partial<SearchQuery>) =>
    (await search(query)).hits.map(({ issue }) => issue.spec.subject.name);
  const say = (
    name: string,
    title: string,
    more: Partial<StoredIssue['spec']> = {},
    issue: Partial<StoredIssue> = {},
  ) =>
    open(get(), ref(name), {
      observed: { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: `${name}-x7k2p`, uid: name },
      ...issue,
      spec: { ...SPEC, subject: ref(name).subject, title, ...more },
    });

  describe('words', () => {
    test('an issue is found by words of its title, subject, reason, description and group, in any form', async () => {
      await say('frontend', 'The build fails: no space left on device', {
        description: 'error in module-42/handler.go',
      });
      await say('backend', 'Vulnerable base image', { group: 'CVE-2026-1234', reason: 'ImageOutdated' });
      await index();
      for (const text of [
        'space',
        'builds failing',
        'frontend',
        'FRONTEND',
        'handler',
        'module-42/handler.go',
        'spa',
      ]) {
        expect(await names({ text }), text).toEqual(['frontend']);
      }
      for (const text of ['CVE-2026-1234', '2026-1234', 'ImageOutdated', 'outdated', 'base image']) {
        expect(await names({ text }), text).toEqual(['backend']);
      }
      expect((await search({ text: 'space image' })).match).toBe('similar');
    });

    test('phrases hold words together, and a minus leaves out', async () => {
      await say('a', 'connection refused by peer');
      await say('b', 'peer refused: connection closed');
      await index();
      expect(await names({ text: '"connection refused"' })).toEqual(['a']);
      expect(await names({ text: 'connection -closed' })).toEqual(['a']);
      // What is left out is a word, and no beginning.
      expect((await names({ text: 'connection -clo' })).toSorted()).toEqual(['a', 'b']);
      expect((await names({ text: 'connection refused' })).toSorted()).toEqual(['a', 'b']);
    });

    test('a word in the title weighs more than one in the description, and the hit says where', async () => {
      await say('low', 'Something else', { description: 'at last the certificate has expired' });
      await say('high', 'The certificate has expired');
      await index();
      const { hits, match } = await search({ text: 'certificate expired' });
      expect(hits.map(({ issue }) => issue.spec.subject.name)).toEqual(['high', 'low']);
      expect(match).toBe('words');
      expect(hits[0]?.snippet).toContain('**certificate**');
      expect(hits[0]?.score).toBeGreaterThan(hits[1]?.score ?? 0);
    });

    test('what nobody wrote finds what looks like it, by mistakes and by parts of words', async () => {
      await say('frontend', 'The certificate has expired');
      await index();
      for (const text of ['certifcate', 'ontend']) {
        const { hits, match } = await search({ text });
        expect([match, hits.map(({ issue }) => issue.spec.subject.name)], text).toEqual(['similar', ['frontend']]);
      }
      expect(await names({ text: 'zebra' })).toEqual([]);
    });

    test.each(['the', '', '   ', '"', '-', '-x', '!&|():*', "'", '\\', '%', '_', 'a'.repeat(3_000), '"a b', 'ü日本'])(
      'any text is a question, also %#',
      async (text) => {
        await say('frontend', 'The build fails');
        await index();
        await expect(search({ text })).resolves.toBeDefined();
        await expect(get().findVisible(text, 'all')).resolves.toBeInstanceOf(Array);
      },
    );

    test('names of what is visible are all that match, or none when they are too many', async () => {
      for (const name of ['web', 'api']) await say(name, 'The build fails');
      await index();
      for (const text of ['build', 'bui fai']) {
        expect(await get().findVisible(text, 'all', 2), text).toHaveLength(2);
        expect(await get().findVisible(text, 'all', 1), text).toBeUndefined();
      }
    });

    test('words of other alphabets are words', async () => {
      await say('frontend', 'сборка не удалась');
      await index();
      expect(await names({ text: 'сборка' })).toEqual(['frontend']);
    });
  });

  describe('evidence', () => {
    test('is searched only in the namespaces whose evidence the caller may read', async () => {
      await commitOne(get(), ref('frontend'), ({ now }) => {
        const issue = activeIssue(ref('frontend'), now);
        const evidence = { issueId: issue.id, evidence: { step: 'build' }, text: 'panic: goroutine deadlock' };
        return { issues: [{ op: 'insert', issue }], evidence: [evidence] };
      });
      await index();
      expect(await names({ text: 'deadlock' })).toEqual([]);
      expect(await names({ text: 'deadlock', evidenceIn: ['team-b'] })).toEqual([]);
      expect(await names({ text: 'deadlock', evidenceIn: [] })).toEqual([]);
      expect(await names({ text: 'deadlock', evidenceIn: ['team-a'] })).toEqual(['frontend']);
      expect(await names({ text: 'deadlock', evidenceIn: 'all' })).toEqual(['frontend']);
      const { hits } = await search({ text: 'deadlock', evidenceIn: 'all' });
      expect(hits[0]?.snippet).not.toContain('deadlock');
    });
  });

  describe('filters', () => {
    test.each<[string, SearchFilter, string[]]>([
      ['severities', { severities: ['critical', 'info'] }, ['a']],
      ['states', { states: ['Resolved'] }, ['b']],
      ['types', { types: ['test'] }, ['b']],
      ['sources', { sources: ['nobody'] }, []],
      ['reasons', { reasons: ['TaskRunFailed', 'Other'] }, ['a', 'b']],
      ['subjectKinds', { subjectKinds: ['Component'] }, ['a', 'b']],
      ['subjects', { subjects: ['a'] }, ['a']],
      ['groups', { groups: ['CVE-1'] }, ['a']],
      ['groups', { groups: [''] }, ['b']],
      ['assignees', { assignees: ['ada'] }, ['b']],
      ['stages', { stages: ['development'] }, ['a']],
      ['labels in', { labels: [{ operator: 'in', key: 'application', values: new Set(['shop']) }] }, ['a']],
      ['labels notin', { labels: [{ operator: 'notin', key: 'application', values: new Set(['shop']) }] }, ['b']],
      ['labels exists', { labels: [{ operator: 'exists', key: 'application' }] }, ['a']],
      ['labels absent', { labels: [{ operator: 'absent', key: 'application' }] }, ['b']],
      ['labels of ours', { labels: [{ operator: 'in', key: LABELS.severity, values: new Set(['minor']) }] }, ['b']],
      ['all of them', { states: ['Active'], types: ['test'] }, []],
    ])('%s', async (_name, filter, expected) => {
      await say(
        'a',
        'x',
        { severity: 'critical', group: 'CVE-1' },
        { labels: { application: 'shop', [LABELS.stage]: 'development' } },
      );
      await say('b', 'x', { severity: 'minor', type: 'test' }, { labels: {}, assignee: 'ada' });
      await change(get(), ref('b'), (issue, now) => resolveIssue(issue, { at: now, now, reason: 'Recovered' }));
      await index();
      expect((await names({ filter })).toSorted()).toEqual(expected);
      expect((await names({ filter, text: 'x' })).toSorted()).toEqual(expected);
    });

    test('age, from and to', async () => {
      const now = await get().now();
      for (const minutes of [10, 20, 30]) await say(`m${minutes}`, 'x', {}, { openedAt: now - minutes * MINUTE });
      await index();
      expect(await names({ filter: { openedSince: now - 25 * MINUTE } })).toEqual(['m10', 'm20']);
      expect(await names({ filter: { openedSince: now - 30 * MINUTE, openedBefore: now - 10 * MINUTE } })).toEqual([
        'm20',
        'm30',
      ]);
    });

    test('only the namespaces that were asked for, and none is none', async () => {
      await open(get(), ref('a', { namespace: 'team-a' }));
      await open(get(), ref('b', { namespace: 'team-b' }));
      await index();
      for (const text of [undefined, 'build']) {
        expect(await names({ text, namespaces: ['team-b', 'team-c'] })).toEqual(['b']);
        expect(await names({ text, namespaces: [] })).toEqual([]);
      }
    });
  });

  describe('pages', () => {
    test.each(
      SORT_COLUMNS.flatMap((by) => [
        { by, descending: true },
        { by, descending: false },
      ]),
    )('sorted by $by (descending: $descending) every issue comes once, whatever is equal', async (sort) => {
      await some(get());
      await index();
      for (const text of [undefined, 'fails']) {
        const all = await names({ sort, limit: 50, text });
        expect(all).toHaveLength(7);
        expect(await paged({ sort, limit: 2, text })).toEqual(all);
      }
      const back = await names({ sort: { ...sort, descending: !sort.descending }, limit: 50 });
      expect(back.toReversed()).toEqual(await names({ sort, limit: 50 }));
    });

    test('by relevance too, and of what only looks alike', async () => {
      await some(get());
      await index();
      for (const text of ['build', 'buildd fails']) {
        const all = await names({ text, limit: 50 });
        expect(all.length).toBeGreaterThan(3);
        expect(await paged({ text, limit: 2 })).toEqual(all);
      }
    });

    test('an order means something: the worst first, the newest first', async () => {
      await some(get());
      await index();
      const severity: SearchSort = { by: 'severity', descending: false };
      const worst = (await search({ sort: severity })).hits.map(({ issue }) => issue.spec.severity);
      expect(worst).toEqual(['critical', 'critical', 'major', 'major', 'major', 'minor', 'minor']);
      const opened = (await search({})).hits.map(({ issue }) => issue.openedAt);
      expect(opened).toEqual(opened.toSorted((a, b) => b - a));
    });

    async function paged(query: Partial<SearchQuery>): Promise<string[]> {
      const found: string[] = [];
      for (let after: SearchQuery['after']; ; ) {
        const page = await search({ ...query, after });
        found.push(...page.hits.map(({ issue }) => issue.spec.subject.name));
        if (!page.next) return found;
        after = page.next;
      }
    }
  });

  describe('among many', () => {
    /** As if these were a few of millions: little is looked at, again and again. */
    const little = { rare: 1, ranked: 5, rankedOfCommon: 3, likely: 1_000_000, walked: 1, commonBeginning: 0 };
    const inLittle = (query: SearchQuery) => new SqlIssueSearch(get().database, little).search(query);

    test('pages by time have every issue once, in both directions, whatever is asked', async () => {
      const questions: readonly [string, string, Partial<SearchQuery>][] = [
        ['a word of all', 'fails', {}],
        ['a beginning', 'fai', {}],
        ['a word of some', 'red', {}],
        ['two words', 'red builds', {}],
        ['a phrase', '"red fails"', {}],
        ['the beginning of the last word after a phrase', '"the red" fai', {}],
        ['either word', 'red or blue', {}],
        ['without a word', 'build -red', {}],
        ['a namespace', 'build', { namespaces: ['team-b'] }],
        ['of no namespace', 'build', { namespaces: [] }],
        ['a severity', 'build', { filter: { severities: ['critical', 'minor'] } }],
        ['what is open', 'build', { filter: { states: ['Active'] } }],
        ['a group with quotes', 'build', { filter: { groups: [`it's "a\\group"`] } }],
        ['without a group', 'build', { filter: { groups: [''] } }],
        ['a label', 'build', { filter: { labels: [{ operator: 'exists', key: 'rare' }] } }],
        [
          'a label with a value',
          'build',
          { filter: { labels: [{ operator: 'in', key: 'rare', values: new Set(['yes', 'no']) }] } },
        ],
      ];
      await manyTimes(get());
      await index();
      for (const [what, words, query] of questions) {
        for (const [text, descending] of [
          [words, true],
          [words, false],
          [undefined, true],
          [undefined, false],
        ] as const) {
          const asked = { namespaces: 'all', filter: {}, sort: { by: 'openedAt', descending }, ...query } as const;
          const all = (await search({ ...asked, text, limit: 50 })).hits.map(({ issue }) => issue.id);
          const found: string[] = [];
          for (let after: SearchQuery['after'], more = true; more; ) {
            const page = await inLittle({ ...asked, text, after, limit: 2 });
            found.push(...page.hits.map(({ issue }) => issue.id));
            [after, more] = [page.next, page.next !== undefined];
          }
          expect(found, what).toEqual(all);
          expect(all.length > 0, what).toBe(query.namespaces?.length !== 0);
        }
      }
    });

    test('between two moments nothing else is looked at', async () => {
      const now = await manyTimes(get());
      await index();
      const filter = { openedSince: now - 30 * HOUR, openedBefore: now - 3 * HOUR };
      const sort = { by: 'openedAt', descending: true } as const;
      const { hits } = await inLittle({ namespaces: 'all', text: 'fails', filter, sort, limit: 20 });
      expect(hits.map(({ issue }) => issue.spec.subject.name)).toEqual(['c3', 'c4', 'c5']);
    });

    test('the newest of what matches are ranked, the answer says so, and pages have no others', async () => {
      await manyTimes(get());
      await index();
      const query = {
        namespaces: 'all',
        filter: {},
        text: 'red',
        sort: { by: 'relevance', descending: true },
      } as const;
      const first = await inLittle({ ...query, limit: 2 });
      const second = await inLittle({ ...query, limit: 2, after: first.next });
      const shown = [...first.hits, ...second.hits].map(({ issue }) => issue.spec.subject.name);
      expect(shown.toSorted()).toEqual(['c0', 'c2', 'c4']);
      expect([first.ranked, second.ranked, second.next]).toEqual([3, 3, undefined]);
    });

    test('while documents are made again, everything is found without their marks', async () => {
      await manyTimes(get());
      await index();
      const query = { text: 'red', limit: 50, namespaces: ['team-a'] };
      const all = await names(query);
      await get().database.query(`UPDATE issue_texts SET document = to_tsvector('english', words), digest = 'before'`);
      await get().database.query('DELETE FROM positions WHERE name = $1', [ISSUE_POSITIONS[0]]);
      expect((await names(query)).toSorted()).toEqual(all.toSorted());
      await index();
      expect(await names(query)).toEqual(all);
      const sort = { by: 'openedAt', descending: true } as const;
      expect((await inLittle({ ...query, filter: {}, sort })).hits).toHaveLength(all.length);
    });

    /** What a server without marks does to the documents of some issues, and where it says that it was. */
    const unmark = async (which: string, position: string): Promise<void> => {
      await get().database.query(
        `UPDATE issue_texts SET document = to_tsvector('english', words), digest = 'before'
         WHERE issue_id IN (SELECT i.id FROM issues i WHERE ${which})`,
      );
      await get().database.query(
        `INSERT INTO positions (name, change) SELECT 'search', ${position} FROM meta
         ON CONFLICT (name) DO UPDATE SET change = excluded.change`,
      );
    };
    const behind = `i.change > coalesce((SELECT change FROM positions WHERE name = 'search'), 0)`;
    /** By its words, and not because it looks alike. */
    const found = async (): Promise<string[]> => {
      const { hits, match } = await search({ text: 'red', limit: 50, namespaces: ['team-a'] });
      return [match, ...hits.map(({ issue }) => issue.spec.subject.name).toSorted()];
    };
    const all = ['words', 'c0', 'c4', 'c8'];
    const seenAgain = async (...subjects: readonly string[]): Promise<void> => {
      for (const name of subjects) {
        await change(get(), ref(name), (issue, now) => ({
          op: 'update',
          issue: { ...issue, occurrences: issue.occurrences + 1, changedAt: now },
        }));
      }
    };

    test('what a server without marks wrote during a rollout is found, and is written again', async () => {
      await manyTimes(get());
      await index();
      for (let turn = 0; turn < 2; turn++) {
        await seenAgain('c0', 'c4');
        await unmark(behind, 'last_change');
        expect(await found()).toEqual(all);
        await seenAgain('c8');
        await index();
        expect(await found()).toEqual(all);
        expect(await withoutMarks()).toBe(0);
      }
    });

    test('what a server without marks wrote of all issues, after the log went on without it, is found and written again', async () => {
      await manyTimes(get());
      await index();
      await seenAgain('c0');
      await get().database.query('DELETE FROM changes');
      await get().database.query('UPDATE meta SET change_floor = last_change');
      // It is at work, and has not said so yet.
      await unmark('true', `(SELECT change FROM positions WHERE name = '${ISSUE_POSITIONS[0]}')`);
      expect(await found()).toEqual(all);
      await unmark('true', 'last_change');
      expect(await found()).toEqual(all);
      await index();
      expect(await found()).toEqual(all);
      expect(await withoutMarks()).toBe(0);
    });

    test('where it is not known what a server without marks wrote, everything is written again, and anew after a pause', async () => {
      await manyTimes(get());
      await index();
      await unmark('true', 'last_change - 1');
      expect(await found()).toEqual(all);
      const following = get().searchIndex();
      await following.step();
      following.pause();
      await unmark('true', 'last_change');
      expect(await found()).toEqual(all);
      await following.step();
      expect(await withoutMarks()).toBe(12);
      while ((await following.step()).more);
      expect(await found()).toEqual(all);
      expect(await withoutMarks()).toBe(0);
    });

    async function withoutMarks(): Promise<number> {
      const [row] = await get().database.query<{ count: number }>(
        `SELECT count(*)::int AS count FROM issue_texts WHERE document::text NOT LIKE '%''/n/%'`,
      );
      return row?.count ?? -1;
    }

    test('of evidence no more is read than belongs to the stretch and the namespaces', async () => {
      const now = await get().now();
      for (let n = 0; n < 12; n++) {
        const subject = ref(`e${n}`, { namespace: n % 2 === 0 ? 'team-a' : 'team-b' });
        await commitOne(get(), subject, (row) => {
          const issue = { ...activeIssue(subject, row.now), openedAt: now - n * 10 * HOUR };
          const evidence = { issueId: issue.id, evidence: { step: 'build' }, text: 'panic: deadlock' };
          return { issues: [{ op: 'insert', issue }], evidence: [evidence] };
        });
      }
      await index();
      const asked = { words: `'deadlock'`, marked: true, oldest: now / 1e6 - 400_000, newest: now / 1e6 };
      const matched = async (namespaces: SearchQuery['namespaces']): Promise<number[]> => {
        const sort = { by: 'openedAt', descending: true } as const;
        const query = { text: 'deadlock', filter: {}, sort, limit: 2, namespaces, evidenceIn: 'all' } as const;
        const told: number[] = [];
        await get().database.transaction('BEGIN READ ONLY', (session) => {
          const spied: typeof session = {
            run: session.run,
            script: session.script,
            query: async <Row>(...asking: Parameters<typeof session.query>) => {
              const rows = await session.query<Row>(...asking);
              const [first] = rows as readonly { readonly matched?: number }[];
              if (first?.matched !== undefined) told.push(first.matched);
              return rows;
            },
          };
          return findMatches(spied, query, { asked, limits: little });
        });
        return told;
      };
      expect(await matched(['team-a'])).toEqual([6]);
      const stretches = await matched('all');
      expect(stretches.length).toBeGreaterThan(2);
      expect(stretches[0]).toBe(1);
      expect(Math.max(...stretches)).toBeLessThan(12);
    });

    test('a reported value of any length is found, and stops nothing', async () => {
      const long = 'x'.repeat(3_000);
      await say('frontend', 'The build fails', { group: `${long}1`, type: 't'.repeat(2_100) });
      await index();
      expect(await names({ text: 'build', filter: { groups: [`${long}1`] } })).toEqual(['frontend']);
      expect(await names({ text: 'build', filter: { groups: [`${long}2`] } })).toEqual([]);
    });
  });

  describe('the index', () => {
    test('follows what changes: another title, a resolve, what is hidden, what is deleted', async () => {
      await say('frontend', 'Compilation breaks');
      await index();
      await change(get(), ref('frontend'), (issue, now) => ({
        op: 'update',
        issue: { ...issue, spec: { ...issue.spec, title: 'Signing fails' }, changedAt: now },
      }));
      expect(await names({ text: 'signing' })).toEqual([]);
      await index();
      expect(await names({ text: 'signing' })).toEqual(['frontend']);
      expect((await search({ text: 'compilation', sort: { by: 'name', descending: false } })).hits).toEqual([]);
      await change(get(), ref('frontend'), (issue, now) => resolveIssue(issue, { at: now, now, reason: 'Recovered' }));
      await index();
      expect(await names({ filter: { states: ['Active'] } })).toEqual([]);
      expect(await get().findVisible('signing', 'all')).toHaveLength(1);
      expect(await get().findVisible('signing', 'all', 0)).toBeUndefined();
      await change(get(), ref('frontend'), (issue, now) => hideIssue(issue, now));
      await index();
      expect(await get().findVisible('signing', 'all')).toEqual([]);
      expect(await names({ text: 'signing' })).toEqual(['frontend']);
      await get().database.query('DELETE FROM issues');
      expect(await names({ text: 'signing' })).toEqual([]);
    });

    test('a hit is shown as the issue is now, not as it was when it was indexed', async () => {
      await say('frontend', 'The build fails');
      await index();
      await change(get(), ref('frontend'), (issue, now) => resolveIssue(issue, { at: now, now, reason: 'Recovered' }));
      expect((await search({ text: 'build' })).hits[0]?.issue.state).toBe('Resolved');
    });

    test('made from nothing, or after the log went on without it, it has every issue', async () => {
      await say('a', 'The build fails');
      await get().database.query('TRUNCATE issue_index, issue_texts, positions');
      await index();
      expect(await names({ text: 'build' })).toEqual(['a']);
      await say('b', 'The build fails');
      await get().database.query('DELETE FROM changes');
      await get().database.query('UPDATE meta SET change_floor = last_change');
      await index();
      expect((await names({ text: 'build' })).toSorted()).toEqual(['a', 'b']);
    });

    test('what it has of issues that are no more goes with the next sweep', async () => {
      await say('frontend', 'The build fails');
      await index();
      await get().database.query('DELETE FROM issues');
      await sweepOnce(get());
      const left = await get().database.query(
        'SELECT issue_id FROM issue_index UNION ALL SELECT issue_id FROM issue_texts',
      );
      expect(left).toEqual([]);
    });

    test('words that did not change are not indexed again', async () => {
      await say('frontend', 'The build fails');
      await index();
      const version = async () => (await get().database.query('SELECT xmin::text AS x FROM issue_texts'))[0];
      const before = await version();
      await change(get(), ref('frontend'), (issue, now) => ({
        op: 'update',
        issue: { ...issue, occurrences: 9, changedAt: now },
      }));
      await index();
      expect(await version()).toEqual(before);
      expect((await get().database.query('SELECT occurrences FROM issue_index'))[0]).toEqual({ occurrences: 9 });
    });
  });
}

const SPEC: StoredIssue['spec'] = {
  ...{ source: 'tekton-pipelinerun', key: 'run', type: 'build', severity: 'major', reason: 'TaskRunFailed', title: '' },
  subject: { apiVersion: 'v1', kind: 'Component', name: '' },
};

/** Twelve issues of four days, three in each of four hours. Answers the moment. */
async function manyTimes(store: SqlStore): Promise<number> {
  const now = await store.now();
  for (let n = 0; n < 12; n++) {
    const subject = ref(`c${n}`, { namespace: n % 4 < 2 ? 'team-a' : 'team-b' });
    const severity = (['major', 'minor', 'critical'] as const)[n % 3] ?? 'info';
    const title = `The build of ${n % 2 === 0 ? 'red' : 'blue'} fails`;
    await open(store, subject, {
      openedAt: now - Math.floor(n / 3) ** 2 * 10 * HOUR - n * MINUTE,
      lastSeenAt: now,
      labels: n > 7 ? { rare: 'yes' } : {},
      spec: { ...SPEC, subject: subject.subject, severity, title, ...(n > 4 && { group: `it's "a\\group"` }) },
    });
  }
  return now;
}

/** Seven issues with many equal values. */
async function some(store: SqlStore): Promise<void> {
  const severities = ['major', 'minor', 'critical'] as const;
  const now = await store.now();
  for (let n = 0; n < 7; n++) {
    const subject = ref(`c${n}`, { namespace: n % 2 === 0 ? 'team-a' : 'team-b' });
    const severity = severities[n % 3] as (typeof severities)[number];
    await open(store, subject, {
      openedAt: now - (n % 3) * MINUTE,
      lastSeenAt: now,
      occurrences: n % 2,
      ...(n === 3 ? { assignee: 'ada' } : {}),
      spec: { ...SPEC, subject: subject.subject, severity, title: `The build of ${n % 2} fails` },
    });
  }
}
