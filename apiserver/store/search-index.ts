import { SEVERITIES } from '../../crds/issue.ts';
import type { Database } from './database.ts';
import { micros, timestamp } from './issue-row.ts';
import { marksOf } from './search-marks.ts';
import { plainWords } from './search-sql.ts';

/**
 * Keeps `issue_index`, `issue_texts` and `evidence_texts`: one server for all follows the change log and writes again what
 * changed. Nothing is lost when nobody follows: whoever comes later goes on, or, where the log no longer reaches, begins
 * with all issues.
 */

/** Changes, or issues, of one step: 50 ms of a processor that whoever reports meanwhile may miss. */
const STEP = 250;
/** Its `at` is the begin of a transaction, which may be seen so much later (µs). */
const OVERLAP = 10_000_000;
/**
 * Another name whenever documents have something else in them: all are made again. Of `search-2` nobody knows what servers
 * before it wrote meanwhile.
 */
const ISSUES = 'search-3';
/**
 * Of servers before marks, which work on this database during a rollout and after a rollback. They go on from here and write
 * documents without marks. So it is always saved with ours: what they write is behind our position and is written again,
 * and where it is another one they have been there.
 */
const UNMARKED = 'search';
export const ISSUE_POSITIONS = [ISSUES, UNMARKED] as const;
const EVIDENCE = 'search-evidence';

/** SQL: every document has its marks. */
export const ALL_MARKED = `EXISTS (
  SELECT FROM positions p JOIN positions u ON u.change = p.change JOIN meta m ON m.change_floor <= p.change
  WHERE p.name = '${ISSUES}' AND u.name = '${UNMARKED}')`;

/** How far a walk over all issues came. */
interface Walk {
  readonly from: string;
  /** The change to go on with. */
  readonly change: number;
}

interface At {
  readonly last_change: number;
  readonly change_floor: number;
  readonly change: number | null;
  /** How far a server without marks came. */
  readonly unmarked: number | null;
}

export interface Step {
  /** There is more to do now. */
  readonly more: boolean;
  /** The last change of the log, as far as the step saw. */
  readonly latest: number;
}

export class SearchIndex {
  readonly #database: Database;
  #walk: Walk | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  /** One step. Two at once do no harm. Throws StoreUnavailable. */
  async step(): Promise<Step> {
    const { more, latest } = this.#walk ? await this.#walkOn(this.#walk) : await this.#follow();
    return { more: (await this.#followEvidence()) || more, latest };
  }

  /** Another server may lead now, one without marks too: a walk over all issues begins anew. */
  pause(): void {
    this.#walk = undefined;
  }

  async #follow(): Promise<Step> {
    const [at] = await this.#database.query<At>(
      `SELECT m.last_change, m.change_floor, p.change, u.change AS unmarked FROM meta m
       LEFT JOIN positions p ON p.name = $1 LEFT JOIN positions u ON u.name = $2`,
      ISSUE_POSITIONS,
    );
    if (!at) throw new Error('the table meta has no row');
    const { last_change: last, change_floor: floor, change: position, unmarked } = at;
    if (position === null || position < floor || unmarked === null || unmarked < position) {
      // Nobody goes on from here before the walk has come to its end.
      await this.#database.query('DELETE FROM positions WHERE name = $1', [ISSUES]);
      this.#walk = { from: '00000000-0000-0000-0000-000000000000', change: last };
      return { more: true, latest: last };
    }
    if (position >= last) return { more: false, latest: last };
    const rows = await this.#database.query<{ change: number; namespace: string; name: string }>(
      `SELECT change, namespace, name FROM changes WHERE change > $1 AND resource = 'issues' ORDER BY change LIMIT ${STEP}`,
      [position],
    );
    await this.#write('(i.namespace, i.name) IN (SELECT DISTINCT * FROM unnest($1::text[], $2::text[]))', [
      rows.map(({ namespace }) => namespace),
      rows.map(({ name }) => name),
    ]);
    const more = rows.length === STEP;
    await this.#save(ISSUE_POSITIONS, more ? (rows.at(-1)?.change ?? last) : last);
    return { more, latest: last };
  }

  /** All issues in the order of their ids, those that changed meanwhile once more afterwards. */
  async #walkOn({ from, change }: Walk): Promise<Step> {
    const rows = await this.#database.query<{ id: string }>(
      `SELECT id FROM issues WHERE id > $1 ORDER BY id LIMIT ${STEP}`,
      [from],
    );
    await this.#write('i.id = ANY ($1::uuid[])', [rows.map(({ id }) => id)]);
    this.#walk = rows.length < STEP ? undefined : { from: rows.at(-1)?.id ?? from, change };
    if (!this.#walk) await this.#save(ISSUE_POSITIONS, change, 'always');
    return { more: true, latest: change };
  }

  async #write(where: string, values: readonly unknown[]): Promise<void> {
    await this.#database.transaction(BEGIN, (session) =>
      session.query(write(where), values, { timeoutMs: STEP_TIMEOUT_MS }),
    );
  }

  async #followEvidence(): Promise<boolean> {
    const [position] = await this.#database.query<{ change: number }>('SELECT change FROM positions WHERE name = $1', [
      EVIDENCE,
    ]);
    const from = (position?.change ?? 0) - OVERLAP;
    const rows = await this.#database.transaction(BEGIN, (session) =>
      session.query<{ at: number }>(WRITE_EVIDENCE, [from], { timeoutMs: STEP_TIMEOUT_MS }),
    );
    const last = rows.at(-1);
    if (last) await this.#save([EVIDENCE], last.at);
    return rows.length === STEP;
  }

  /** Never back, but for a log that was begun anew. */
  async #save(names: readonly string[], change: number, how: 'forward' | 'always' = 'forward'): Promise<void> {
    const next = how === 'always' ? 'excluded.change' : 'greatest(p.change, excluded.change)';
    await this.#database.query(
      `INSERT INTO positions AS p (name, change) SELECT unnest($1::text[]), $2::bigint
       ON CONFLICT (name) DO UPDATE SET change = ${next}`,
      [names, change],
    );
  }
}

const STEP_TIMEOUT_MS = 30_000;
const BEGIN = `BEGIN; SET LOCAL statement_timeout = '${STEP_TIMEOUT_MS}ms'; SET LOCAL synchronous_commit = off`;

const RANK = SEVERITIES.map((severity, rank) => `WHEN '${severity}' THEN ${rank}`).join(' ');

const COLUMNS = {
  issue_id: 'i.id',
  namespace: 'i.namespace',
  name: 'i.name',
  severity: `(CASE i.severity ${RANK} ELSE ${SEVERITIES.length} END)::smallint`,
  type: 'i.type',
  state: 'i.state',
  source: 'i.source',
  reason: 'i.reason',
  title: `i.spec->>'title'`,
  subject_kind: 'i.subject_kind',
  subject_name: 'i.subject_name',
  stage: `coalesce(i.stage, '')`,
  group_name: `coalesce(i.spec->>'group', '')`,
  assignee: `coalesce(i.assignee, '')`,
  labels: 'i.served_labels',
  opened_at: 'i.opened_at',
  resolved_at: `coalesce(i.resolved_at, 'epoch')`,
  last_seen_at: 'i.last_seen_at',
  occurrences: 'i.occurrences',
  reopened: 'i.reopened',
  visible: 'i.hidden_at IS NULL',
  change: 'i.change',
} as const;
const NAMES = Object.keys(COLUMNS);
const MARKS = marksOf(COLUMNS);

/** Written as it is now, whatever the change was that told of it; the words only when they are others. */
function write(where: string): string {
  return `
WITH i AS MATERIALIZED (SELECT i.* FROM issues i WHERE ${where}), indexed AS (
  INSERT INTO issue_index AS x (${NAMES.join(', ')}) SELECT ${Object.values(COLUMNS).join(', ')} FROM i
  ON CONFLICT (issue_id) DO UPDATE SET ${NAMES.slice(1)
    .map((name) => `${name} = excluded.${name}`)
    .join(', ')}
  WHERE x.change < excluded.change
), said AS MATERIALIZED (
  SELECT i.id, left(i.spec->>'title', 500) AS title, coalesce(i.spec->>'description', '') AS description,
    concat_ws(' ', i.subject_kind, i.subject_name, i.aspect, i.namespace, i.reason, i.type, i.source, i.spec->>'group',
      i.observed->>'name') AS names, ${MARKS} AS marks
  FROM i
), fresh AS MATERIALIZED (
  SELECT s.*, d.digest FROM said s CROSS JOIN LATERAL (SELECT md5(concat_ws(E'\\n', title, names, description, marks)) AS digest) d
  LEFT JOIN issue_texts t ON t.issue_id = s.id
  WHERE t.digest IS DISTINCT FROM d.digest
)
INSERT INTO issue_texts (issue_id, digest, document, words)
SELECT f.id, f.digest, setweight(to_tsvector('english', ${plainWords('f.title')}), 'A')
  || setweight(to_tsvector('english', ${plainWords('f.names')}), 'B')
  || setweight(to_tsvector('english', ${plainWords('f.description')}), 'C') || f.marks, left(f.title || ' ' || f.names, 1000)
FROM fresh f
ON CONFLICT (issue_id) DO UPDATE SET digest = excluded.digest, document = excluded.document, words = excluded.words`;
}

const WRITE_EVIDENCE = `
WITH e AS MATERIALIZED (
  SELECT e.issue_id, e.at, e.text FROM evidence e
  WHERE e.at > ${timestamp('$1::bigint')}
    AND NOT EXISTS (SELECT FROM evidence_texts t WHERE t.issue_id = e.issue_id AND t.at = e.at)
  ORDER BY e.at LIMIT ${STEP}
), written AS (
  INSERT INTO evidence_texts AS t (issue_id, at, document)
  SELECT e.issue_id, e.at, to_tsvector('english', ${plainWords('e.text')}) FROM e
  ON CONFLICT (issue_id) DO UPDATE SET at = excluded.at, document = excluded.document
)
SELECT ${micros('e.at')} AS at FROM e ORDER BY e.at`;
