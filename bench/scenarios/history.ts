import { openStore } from '../../apiserver/store/open-store.ts';
import { activeIssue, ref, run as runKey, write } from '../../apiserver/store/samples.contract.ts';
import type { SearchQuery } from '../../apiserver/store/search.ts';
import type { SqlStore } from '../../apiserver/store/sql-store.ts';
import { updateIssue } from '../../apiserver/store/transitions.ts';
import { startPostgres } from '../../tests/controlplane/postgres.ts';
import { fillHistory } from '../data/history.ts';
import { type Figure, number } from '../harness/figure.ts';
import { median, percentile } from '../harness/statistics.ts';
import type { BenchContext, Scenario } from '../scenario.ts';

/** Months of issues in the database: what finding and looking back cost, and what reports still get. */
export const history: Scenario = {
  name: 'history',
  summary: 'Search, filtered pages and asOf lists over 1 million stored issues, and the rate of writing beside them.',
  run,
};

const NAMESPACES = Array.from({ length: 100 }, (_, n) => ({ name: `tenant-${n}`, uid: `uid-${n}` }));
const SETTINGS = { shared_buffers: '512MB', maintenance_work_mem: '256MB', max_wal_size: '4GB' };
const DAY = 86_400_000_000;

async function run({ progress, quick, signal }: BenchContext): Promise<readonly Figure[]> {
  const stored = quick ? 50_000 : 1_000_000;
  await using postgres = await startPostgres({ settings: SETTINGS });
  progress.step('writing to an empty database');
  const empty = await openStore({ database: { url: await postgres.database('empty') }, clusterId: 'bench' });
  const beside = await writeRate(empty, quick);
  await empty[Symbol.asyncDispose]();

  await using store = await openStore({ database: { url: await postgres.database('history') }, clusterId: 'bench' });
  await fill(store, stored, (step) => {
    signal.throwIfAborted();
    progress.step(step);
  });
  const repetitions = quick ? 20 : 100;
  const figures: Figure[] = [];
  const measure = async (what: string, goalMs: number, ask: (n: number) => Promise<unknown>): Promise<void> => {
    signal.throwIfAborted();
    progress.step(what);
    const took: number[] = [];
    for (let n = -3; n < repetitions; n++) {
      const began = performance.now();
      await ask(n + 3);
      if (n >= 0) took.push(performance.now() - began);
    }
    const p95 = percentile(took, 95);
    const measured = `p95 ${number(p95)} ms (median ${number(median(took))} ms)`;
    figures.push({ scenario: 'history', what, measured, goal: `≤ ${goalMs} ms`, met: p95 <= goalMs });
  };
  const ask = (query: Partial<SearchQuery>) =>
    store.search({ namespaces: 'all', filter: {}, sort: { by: 'relevance', descending: true }, limit: 20, ...query });
  await measure('search: rare and common words, names, phrases', 50, (n) => ask({ text: textOf(n, stored) }));
  await measure('search within ten namespaces', 50, (n) =>
    ask({ text: COMMON_TEXTS[n % COMMON_TEXTS.length] as string, namespaces: ten(n) }),
  );
  // Nobody has these words, so what looks like them is looked for, within its limit of time.
  await measure('search: a word with a mistake', 500, (n) => ask({ text: `certifcate${n}` }));
  // One page each time: of a filter the first, then the next, and so on.
  const cursors = new Map<number, SearchQuery['after']>();
  await measure('a filtered page of 50', 20, async (n) => {
    const which = n % FILTERS.length;
    const query = { ...FILTERS[which], sort: { by: 'openedAt', descending: true }, limit: 50 } as const;
    const { next } = await ask({ ...query, after: cursors.get(which) });
    cursors.set(which, next);
  });
  const now = await store.now();
  const asOf = (n: number) => ({ before: now - (1 + ((n * 7) % 80)) * DAY, visibleFor: DAY / 24, limit: 500 });
  await measure('asOf: a page of 500 of everything', 200, (n) => store.issuesAsOf({ ...asOf(n), namespaces: 'all' }));
  await measure('asOf: a namespace', 200, (n) => store.issuesAsOf({ ...asOf(n), namespaces: [`tenant-${n % 100}`] }));
  await measure('statistics of a week', 2_000, () =>
    store.statistics({ namespaces: 'all', since: now - 7 * DAY, until: now, limit: 10 }),
  );
  progress.step('writing beside it');
  const rate = await writeRate(store, quick);
  const ratio = rate / beside;
  const measured = `${number(rate)} issues/s, ${number(beside)} in an empty database: ${ratio.toFixed(2)} ×`;
  return [
    ...figures,
    {
      scenario: 'history',
      what: `writing beside ${number(stored)} stored`,
      measured,
      goal: '≥ 0.8 ×',
      met: ratio >= 0.8,
    },
  ];
}

/** In pieces of 25,000 with SQL, then indexed as the server would, the large indexes last. */
async function fill(store: SqlStore, stored: number, tell: (step: string) => void): Promise<void> {
  const sql = (text: string) => store.database.session((session) => session.run(text, { timeoutMs: 600_000 }));
  const slow = (text: string) => sql(`SET statement_timeout = '600s'; ${text}`);
  await fillHistory(slow, { stored, open: Math.min(10_000, stored / 10), namespaces: NAMESPACES }, (done) =>
    tell(`storing: ${done} of ${stored}`),
  );
  const plain = await store.database.query<{ indexname: string; indexdef: string }>(
    `SELECT indexname, indexdef FROM pg_indexes i WHERE tablename IN ('issue_index', 'issue_texts')
     AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conname = i.indexname)`,
  );
  for (const { indexname } of plain) await sql(`DROP INDEX ${indexname}`);
  const index = store.searchIndex();
  for (let steps = 0; (await index.step()).more; steps++) {
    if (steps % 100 === 0) tell(`indexing: ${steps * 250} of ${stored}`);
  }
  for (const { indexname, indexdef } of plain) {
    tell(`making ${indexname}`);
    await slow(indexdef);
  }
  await slow('ANALYZE');
}

function textOf(n: number, stored: number): string {
  const texts = [
    `archive-${String((n * 7_919) % stored).padStart(7, '0')}`,
    'certificate expired',
    'undefined newClient clair scan',
    `CVE-2026-${1_000 + ((n * 13) % 3_000)}`,
    '"no space left" deploy',
    `handler ${n}`,
    'build fails',
    'TaskRunTimeout checksum mismatch',
  ];
  return texts[n % texts.length] as string;
}

const COMMON_TEXTS = ['certificate expired', 'undefined newClient clair scan', '"no space left" deploy', 'build fails'];

function ten(n: number): string[] {
  return Array.from({ length: 10 }, (_, k) => `tenant-${(n * 10 + k) % 100}`);
}

const FILTERS: readonly Pick<SearchQuery, 'filter' | 'namespaces'>[] = [
  { namespaces: 'all', filter: { states: ['Active'], severities: ['critical'] } },
  { namespaces: ['tenant-7'], filter: { types: ['build'] } },
  { namespaces: 'all', filter: { groups: ['CVE-2026-1234'] } },
  { namespaces: 'all', filter: { subjects: ['archive-0000123'] } },
  {
    namespaces: ['tenant-1', 'tenant-2', 'tenant-3'],
    filter: { severities: ['critical', 'major'], states: ['Resolved'] },
  },
  {
    namespaces: 'all',
    filter: { labels: [{ operator: 'in', key: 'faultline.dev/application', values: new Set(['shop-42']) }] },
  },
];

/** Updates of 2,000 issues in batches of 16, two at once, as the group commit makes them; the index follows meanwhile. */
async function writeRate(store: SqlStore, quick: boolean): Promise<number> {
  const refs = Array.from({ length: 2_000 }, (_, index) => ref(`live-${index}`, { namespace: 'live' }));
  for (let from = 0; from < refs.length; from += 500) {
    const { subjects, now } = await store.readSubjects(refs.slice(from, from + 500));
    await store.commit(
      subjects.map((state) =>
        write(state, [{ op: 'insert', issue: activeIssue(state.ref, now) }], {
          watermarks: new Map([['', runKey(now)]]),
        }),
      ),
    );
  }
  const rounds: number[] = [];
  for (let round = 0; round < 3; round++) {
    const began = performance.now();
    const halves = [refs.slice(0, 1_000), refs.slice(1_000)];
    const written = await Promise.all(halves.map((half) => updates(store, half, quick ? 1_000 : 4_000)));
    rounds.push(written.reduce((sum, each) => sum + each) / ((performance.now() - began) / 1_000));
  }
  return median(rounds);
}

async function updates(store: SqlStore, refs: readonly ReturnType<typeof ref>[], ms: number): Promise<number> {
  const end = performance.now() + ms;
  let written = 0;
  for (let from = 0; performance.now() < end; from = (from + 16) % (refs.length - 16)) {
    const { subjects, now } = await store.readSubjects(refs.slice(from, from + 16));
    const writes = subjects.map((state) => {
      const issue = state.issues.get('run');
      if (!issue) throw new Error('the issue is missing');
      const observed = { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: `run-${now}`, uid: `u${now}` };
      const next = updateIssue(issue, { ...issue, observed, seenAt: now }, now);
      return write(state, [next], { watermarks: new Map([['', runKey(now)]]) });
    });
    const { outcomes } = await store.commit(writes);
    written += outcomes.filter((outcome) => outcome === 'committed').length;
  }
  return written;
}
