import { prepareBatch } from './batch.ts';
import { COMMIT_BEGIN, COMMIT_WRITE } from './commit-sql.ts';
import type { Database } from './database.ts';
import { evidenceSteps } from './evidence.ts';
import type { CommitResult, IssueWrite, SubjectWrite } from './store.ts';

/** Result of a commit and whether anything in it is visible to watches. */
export interface Committed extends CommitResult {
  readonly changed: boolean;
  /** The last number before the batch. */
  readonly before: number;
  /** The issues that were written, each with its number; it is a change when watches are told of it. */
  readonly written: readonly { readonly write: IssueWrite; readonly number: number }[];
}

/** Writes a batch in one transaction: see `Store.commit`. `clockOffset` in µs is added to the database clock. */
export async function commitBatch(
  database: Database,
  writes: readonly SubjectWrite[],
  clockOffset: number,
): Promise<Committed> {
  const batch = prepareBatch(writes);
  const results = await database.transactionScript([
    COMMIT_BEGIN,
    { execute: COMMIT_WRITE, values: [...batch.values, clockOffset, batch.numbers, ...batch.texts] },
    ...evidenceSteps(writes, batch.places, clockOffset),
    'COMMIT',
  ]);
  const row = results[1]?.[0] as CommitRow | undefined;
  if (!row) throw new Error('the commit statement answers one row');
  const outcomes = batch.places.map((place) => (place > 0 && row.ok?.[place - 1] ? 'committed' : 'conflict'));
  const names = namesOf(writes, outcomes, row.renamed);
  const before = row.changed ? row.last_change - batch.numbers : row.last_change;
  const written = batch.issues.flatMap(({ write, n }, index) =>
    row.ok?.[n - 1] ? [{ write: renamed(write, names), number: before + index + 1 }] : [],
  );
  return { outcomes, names, lastChange: row.last_change, changed: row.changed, before, written };
}

interface CommitRow {
  ok: boolean[] | null;
  last_change: number;
  changed: boolean;
  renamed: Record<string, string> | null;
}

function namesOf(
  writes: readonly SubjectWrite[],
  outcomes: CommitResult['outcomes'],
  renamed: Record<string, string> | null,
): Map<string, string> {
  const names = new Map<string, string>();
  for (const [index, { issues }] of writes.entries()) {
    if (outcomes[index] === 'conflict') continue;
    for (const { issue } of issues) names.set(issue.id, renamed?.[issue.id] ?? issue.name);
  }
  return names;
}

function renamed(write: IssueWrite, names: ReadonlyMap<string, string>): IssueWrite {
  const { issue } = write;
  const name = names.get(issue.id) ?? issue.name;
  return name === issue.name ? write : { ...write, issue: { ...issue, name } };
}
