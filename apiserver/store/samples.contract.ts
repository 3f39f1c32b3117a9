import { everyAspectHash, fingerprint, issueName, subjectHash } from '../../crds/identity.ts';
import type { Subject } from '../../crds/issue.ts';
import type { OrderKey } from '../../crds/order.ts';
import type { SqlStore } from './sql-store.ts';
import type { Episode, IssueWrite, StoredIssue, SubjectRef, SubjectState, SubjectWrite } from './store.ts';

/** Small builders for the contract suite: what a decision would write, without the decision. */

export const SOURCE = 'tekton-pipelinerun';

export function ref(name: string, changes: { namespace?: string; source?: string; aspect?: string } = {}): SubjectRef {
  const { namespace = 'team-a', source = SOURCE, aspect } = changes;
  const subject: Subject = {
    ...{ apiVersion: 'appstudio.redhat.com/v1alpha1', kind: 'Component', namespace, name },
    ...(aspect ? { aspect } : {}),
  };
  return { namespace, source, subject, hash: subjectHash(subject), everyAspect: everyAspectHash(subject) };
}

export function run(completedAt: number, more: Partial<OrderKey & { class: 'run' }> = {}): OrderKey {
  return { class: 'run', completedAt, uid: 'run-1', detail: 0, epoch: 1, sequence: 1, ...more };
}

export function activeIssue(
  of: SubjectRef,
  now: number,
  more: Partial<StoredIssue> & { key?: string } = {},
): StoredIssue {
  const { key = 'run', ...changes } = more;
  const print = fingerprint(of.namespace, of.source, of.subject, key);
  return {
    id: crypto.randomUUID(),
    namespace: of.namespace,
    namespaceUid: '00000000-0000-4000-8000-000000000001',
    fingerprint: print.toString('hex'),
    name: issueName(of.subject, print),
    uid: crypto.randomUUID(),
    generation: 1,
    createdAt: now,
    labels: { 'faultline.dev/stage': 'releasable', application: 'shop' },
    spec: {
      ...{ source: of.source, subject: of.subject, key, type: 'build', severity: 'major' },
      ...{ reason: 'TaskRunFailed', title: 'The build of frontend failed' },
    },
    state: 'Active',
    openedAt: now,
    firstSeenAt: now,
    lastSeenAt: now,
    occurrences: 1,
    reopened: 0,
    observed: { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: 'frontend-x7k2p', uid: 'b1' },
    contentHash: 'ab'.repeat(32),
    conditions: [],
    changedAt: now,
    change: 0,
    ...changes,
  };
}

/** A write on condition of what `state` has read. */
export function write(
  state: SubjectState,
  issues: readonly IssueWrite[],
  more: Partial<SubjectWrite> = {},
): SubjectWrite {
  return {
    ref: state.ref,
    expectedVersion: state.version,
    expectedEveryAspectVersion: state.everyAspectVersion,
    watermarks: new Map([['', state.watermarks.get('')]]),
    issues,
    ...more,
  };
}

export async function readOne(store: SqlStore, subject: SubjectRef): Promise<SubjectState & { now: number }> {
  const { now, subjects } = await store.readSubjects([subject]);
  return { ...(subjects[0] as SubjectState), now };
}

/** Commits one write against what is stored now; throws when it conflicts. */
export async function commitOne(
  store: SqlStore,
  subject: SubjectRef,
  decide: (state: SubjectState & { now: number }) => { issues?: IssueWrite[] } & Partial<SubjectWrite>,
): Promise<number> {
  const state = await readOne(store, subject);
  const { issues = [], ...more } = decide(state);
  const { outcomes, lastChange } = await store.commit([write(state, issues, more)]);
  if (outcomes[0] !== 'committed') throw new Error('the write conflicts');
  return lastChange;
}

/** Stores an Active issue and answers it as stored. */
export async function open(
  store: SqlStore,
  subject: SubjectRef,
  more: Parameters<typeof activeIssue>[2] = {},
): Promise<StoredIssue> {
  await commitOne(store, subject, ({ now }) => ({
    issues: [{ op: 'insert', issue: activeIssue(subject, now, more) }],
    watermarks: new Map([['', run(now)]]),
  }));
  return stored(store, subject, more.key);
}

export async function stored(store: SqlStore, subject: SubjectRef, key = 'run'): Promise<StoredIssue> {
  const issue = (await readOne(store, subject)).issues.get(key);
  if (!issue) throw new Error(`nothing is stored about ${subject.subject.name}`);
  return issue;
}

/** Applies a transition to the stored issue of a subject. */
export async function change(
  store: SqlStore,
  subject: SubjectRef,
  transition: (issue: StoredIssue, now: number) => IssueWrite,
): Promise<{ lastChange: number; closed: Episode | undefined }> {
  let closed: Episode | undefined;
  const lastChange = await commitOne(store, subject, ({ issues, now }) => {
    const next = transition(issues.get('run') as StoredIssue, now);
    closed = next.closed;
    return { issues: [next] };
  });
  return { lastChange, closed };
}

const TABLES = [
  'issues',
  'watermarks',
  'deliveries',
  'sources',
  'episodes',
  'contents',
  'timeline',
  'related',
  'evidence',
  'issue_index',
  'issue_texts',
  'evidence_texts',
  'changes',
  'positions',
];

/** Between tests: everything but the claim and the counter. */
export async function empty(store: SqlStore): Promise<void> {
  await store.database.query(`TRUNCATE ${TABLES.join(', ')}`);
  await store.database.query('UPDATE meta SET change_floor = last_change');
}
