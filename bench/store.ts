/**
 * What the store alone can commit: `node bench/store.ts [postgres-url]`. Without a URL it starts a throw-away
 * PostgreSQL. Each line is one scenario: read the subjects, write an update of each, at batch sizes that the group
 * commit meets, side by side with `pgbench -N -c 16` on the same server.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { openStore } from '../apiserver/store/open-store.ts';
import { activeIssue, ref, run, write } from '../apiserver/store/samples.contract.ts';
import type { SqlStore } from '../apiserver/store/sql-store.ts';
import type { SubjectRef } from '../apiserver/store/store.ts';
import { updateIssue } from '../apiserver/store/transitions.ts';
import { type Postgres, startPostgres } from '../tests/controlplane/postgres.ts';

const SUBJECTS = 10_000;
const SECONDS = 4;
const sh = promisify(execFile);

await using postgres = await startPostgres();
await using store = await openStore({ database: { url: await postgres.database('bench') }, clusterId: 'bench' });
const refs = Array.from({ length: SUBJECTS }, (_, index) => ref(`component-${index}`));

console.log(`insert ${SUBJECTS} issues: ${await rate(() => fill(store, refs))} issues/s`);
for (const size of [1, 16, 128, 512]) {
  console.log(`update in batches of ${size}: ${await updates(store, refs, size)} issues/s`);
}
const halves = [refs.slice(0, SUBJECTS / 2), refs.slice(SUBJECTS / 2)];
for (const size of [8, 64]) {
  const rates = await Promise.all(halves.map((half) => updates(store, half, size)));
  console.log(`update in batches of ${size}, two in flight: ${rates.reduce((sum, each) => sum + each)} issues/s`);
}
const snapshot = performance.now();
await store.changes('issues').snapshot();
console.log(`snapshot of ${SUBJECTS}: ${Math.round(performance.now() - snapshot)} ms`);
console.log(`pgbench -N -c 16: ${await pgbench(postgres)} transactions/s`);
console.log(`rss ${Math.round(process.memoryUsage().rss / 1e6)} MB`);

async function fill(into: SqlStore, all: readonly SubjectRef[]): Promise<number> {
  for (let from = 0; from < all.length; from += 500) {
    const { subjects, now } = await into.readSubjects(all.slice(from, from + 500));
    await into.commit(
      subjects.map((state) =>
        write(state, [{ op: 'insert', issue: activeIssue(state.ref, now) }], { watermarks: new Map([['', run(now)]]) }),
      ),
    );
  }
  return all.length;
}

async function updates(into: SqlStore, all: readonly SubjectRef[], size: number): Promise<number> {
  const end = performance.now() + SECONDS * 1_000;
  return rate(async () => {
    let written = 0;
    for (let from = 0; performance.now() < end; from = (from + size) % (all.length - size)) {
      const { subjects, now } = await into.readSubjects(all.slice(from, from + size));
      const writes = subjects.map((state) => {
        const issue = state.issues.get('run');
        if (!issue) throw new Error('the issue is missing');
        const observed = { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: `run-${now}`, uid: `u${now}` };
        const next = updateIssue(issue, { ...issue, observed, seenAt: now }, now);
        return write(state, [next], { watermarks: new Map([['', run(now)]]) });
      });
      const { outcomes } = await into.commit(writes);
      written += outcomes.filter((outcome) => outcome === 'committed').length;
    }
    return written;
  });
}

async function rate(work: () => Promise<number>): Promise<number> {
  const begin = performance.now();
  const count = await work();
  return Math.round((count / (performance.now() - begin)) * 1_000);
}

async function pgbench({ bin, socketDir, port }: Postgres): Promise<number> {
  const where = ['-h', socketDir, '-p', String(port), '-U', 'postgres'];
  await sh(`${bin}/pgbench`, [...where, '-i', '-q', 'postgres']);
  const { stdout } = await sh(`${bin}/pgbench`, [
    ...where,
    '-N',
    '-c',
    '16',
    '-j',
    '2',
    '-T',
    String(SECONDS),
    'postgres',
  ]);
  return Math.round(Number(/tps = ([\d.]+)/.exec(stdout)?.[1]));
}
