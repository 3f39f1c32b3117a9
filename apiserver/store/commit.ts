import { prepareBatch, type SentIssue } from './batch.ts';
import { COMMIT_BEGIN, commitWrite } from './commit-sql.ts';
import type { Database } from './database.ts';
import { evidenceSteps } from './evidence.ts';
import { unversionedIssue } from './issue-object.ts';
import type { WrittenIssue } from './recent-commits.ts';
import type { CommitResult, SubjectWrite } from './store.ts';

/** Result of a commit and whether anything in it is visible to watches. */
export interface Committed extends CommitResult {
  readonly changed: boolean;
  /** The last number before the batch. */
  readonly before: number;
  /** The issues that were written, each with its number; it is a change when watches are told of it. */
  readonly written: readonly WrittenIssue[];
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
    { execute: commitWrite(batch.parts), values: [batch.subjects, clockOffset, ...batch.values] },
    ...evidenceSteps(writes, batch.places, clockOffset),
    'COMMIT',
  ]);
  const row = results[1]?.[0] as CommitRow | undefined;
  if (!row) throw new Error('the commit statement answers one row');
  const outcomes = batch.places.map((place) => (place > 0 && row.ok?.[place - 1] ? 'committed' : 'conflict'));
  const names = namesOf(writes, outcomes, row.renamed);
  const before = row.changed ? row.last_change - batch.numbers : row.last_change;
  const written = batch.issues.flatMap((sent, index) =>
    row.ok?.[sent.n - 1] ? [{ ...renamed(sent, names), number: before + index + 1 }] : [],
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

function renamed({ write, object, rest }: SentIssue, names: ReadonlyMap<string, string>): Omit<WrittenIssue, 'number'> {
  const name = names.get(write.issue.id) ?? write.issue.name;
  if (name === write.issue.name) return { write, object, rest };
  const issue = { ...write.issue, name };
  return { write: { ...write, issue }, object: unversionedIssue(issue), rest };
}
