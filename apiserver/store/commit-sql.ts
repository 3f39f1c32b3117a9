import type { Prepared } from './database.ts';
import { CHANGING_FIELDS_SQL } from './issue-object.ts';
import { ISSUE_INSERT_COLUMNS, ISSUE_INSERT_VALUES, ISSUE_RECORD, ISSUE_SET, timestamp } from './issue-row.ts';
import { COMMIT_LOCK } from './locks.ts';
import { ORDER_COLUMNS } from './order-row.ts';

/** The channel that wakes other processes up. It carries only who calls: the table decides. */
export const CHANNEL = 'faultline_changes';

/** Wakes up whoever listens; its payload is the process that wrote, which knows already. */
export const WAKE = `pg_notify('${CHANNEL}', coalesce(current_setting('faultline.process', true), ''))`;

export const TAKE_COMMIT_LOCK = `SELECT pg_advisory_xact_lock(${COMMIT_LOCK})`;

/**
 * Statement 1 takes the lock alone, because the snapshot of READ COMMITTED is taken at the begin of each statement:
 * what the next statement reads is then everything that was committed before the lock was ours. Numbers are taken and
 * committed under it, so their order is the order of commits (aggregated-api V3).
 *
 * The setting ends with the transaction. Statement 2 is on its way before this one has answered and writes nothing
 * without it: if this one fails, there is neither a transaction nor a lock.
 */
export const COMMIT_BEGIN = `BEGIN ISOLATION LEVEL READ COMMITTED; ${TAKE_COMMIT_LOCK}; SET LOCAL faultline.locked = 'on'`;

const ISSUE_COLUMNS = [
  ...['place int', 'n int', 'op text', 'change_op text', 'taken boolean', 'short_name text', 'long_name text'],
  ...['labels_before jsonb', 'fields_before jsonb', 'change_before bigint'],
  ...ISSUE_RECORD,
];

/** Of `e`, or of the row of its issue as it was before this statement. */
const STORED = 'LEFT JOIN issues i ON e.spec IS NULL AND i.id = e.issue_id';
const CONTENT = `coalesce(e.generation, i.generation), coalesce(e.spec, i.spec::jsonb), coalesce(e.labels, i.labels),
    CASE WHEN e.spec IS NULL THEN i.observed ELSE e.observed END, coalesce(e.occurrences, i.occurrences),
    coalesce(${timestamp('e.last_seen_at')}, i.last_seen_at)`;

const ORDER_NAMES = ORDER_COLUMNS.map(nameOf);
const now = `(now() + $2::float8 * interval '1 microsecond')`;

/** The version of a subject: of its row with key ''. Scalar, so that it is always one index lookup. */
const version = (hash: string): string => `coalesce((SELECT m.version FROM watermarks m
  WHERE m.subject_hash = decode(${hash}, 'hex') AND m.namespace = x.namespace AND m.source = x.source AND m.key = ''), 0)`;

/** What a batch may have besides its subjects. */
export const PARTS = ['marks', 'issues', 'episodes', 'deliveries', 'timeline'] as const;
export type Part = (typeof PARTS)[number];

type Value = Prepared['types'][number];

const TYPES: Readonly<Record<Part, readonly Value[]>> = {
  marks: ['jsonb'],
  issues: ['jsonb', 'bigint', 'text', 'text', 'text'],
  episodes: ['jsonb'],
  deliveries: ['jsonb'],
  timeline: ['jsonb'],
};

/**
 * Statement 2 writes a whole batch that has these parts: what is not in it need not be planned, locked and begun, which is
 * half of the work of a small one. Parameters: $1 subjects with their watermark of key '', $2 the clock offset in µs; then
 * of each part in the order of PARTS its rows as a JSON array, of issues also how many numbers to take and three texts of
 * lines, one an issue: what is before, in and after `spec` in the issue as served, without resourceVersion (a split by
 * lines is much quicker than JSON within JSON). Every element but a subject carries `n`, its subject's place from 1 in $1,
 * and is written only when that subject's versions are the expected ones (`v.ok[n]`); subjects with the same number
 * `together` are one report and go all or none.
 *
 * What was before a change is told by who has read it; otherwise it is looked up. What an issue said before (an episode)
 * without a `spec` is what its row says now.
 *
 * A change's number is the counter before the batch plus its place from 1; what conflicts leaves a gap.
 *
 * Versions begin at the clock, not at 1, so that a row that retention took away and that came again cannot be mistaken
 * for the one that was read.
 */
export function commitWrite(parts: ReadonlySet<Part>): Prepared {
  return STATEMENTS[PARTS.reduce((bits, part, at) => (parts.has(part) ? bits | (1 << at) : bits), 0)] as Prepared;
}

function statement(present: readonly Part[]): Prepared {
  let parameters = 2;
  const written = present.map((part) => {
    const first = parameters + 1;
    parameters += TYPES[part].length;
    return WRITE[part](first);
  });
  const marks = present.includes('marks') ? [] : [INSERT_MARKS(OWN_MARKS)];
  return {
    name: `faultline_commit_${present.map((part) => part[0]).join('')}`,
    types: ['jsonb', 'float8', ...present.flatMap((part) => TYPES[part])],
    sql: `WITH ${[SUBJECTS, ...marks, ...written].join(', ')} ${present.includes('issues') ? CHANGED : UNCHANGED}`,
  };
}

const SUBJECTS = `s AS MATERIALIZED (
  SELECT x.*, bool_and(current_setting('faultline.locked', true) = 'on'
      AND x.version = ${version('x.hash')} AND x.every_version = ${version('x.every')})
    OVER (PARTITION BY x.together) AS ok
  FROM jsonb_to_recordset($1::jsonb) AS x(n int, together int, namespace text, source text, hash text, every text,
    version bigint, every_version bigint, ${ORDER_COLUMNS.join(', ')})
), v AS MATERIALIZED (
  SELECT array_agg(s.ok ORDER BY s.n) AS ok FROM s
)`;

const OWN_MARKS = `
    SELECT s.namespace, s.source, decode(s.hash, 'hex'), '', ${ORDER_NAMES.map((name) => `s.${name}`).join(', ')}
    FROM s WHERE s.ok`;

const INSERT_MARKS = (given: string): string => `marks AS (
  INSERT INTO watermarks AS m (namespace, source, subject_hash, key, ${ORDER_NAMES.join(', ')}, version, seen_at)
  SELECT given.*, round(date_part('epoch', now()) * 1000000)::bigint, ${now} FROM (${given}
  ) given
  ON CONFLICT (subject_hash, namespace, source, key) DO UPDATE SET
    ${ORDER_NAMES.map((name) => `${name} = excluded.${name}`).join(', ')},
    version = m.version + 1, seen_at = excluded.seen_at
)`;

/** By the number of its first parameter. */
const WRITE: Readonly<Record<Part, (first: number) => string>> = {
  marks: (first) => `more AS MATERIALIZED (
  SELECT x.* FROM jsonb_to_recordset($${first}::jsonb) AS x(n int, gone boolean, namespace text, source text, hash text,
    key text, ${ORDER_COLUMNS.join(', ')})
  WHERE (SELECT ok FROM v)[x.n]
), removed_marks AS (
  DELETE FROM watermarks m USING more
  WHERE more.gone AND m.subject_hash = decode(more.hash, 'hex') AND m.namespace = more.namespace
    AND m.source = more.source AND m.key = more.key
), ${INSERT_MARKS(`${OWN_MARKS}
    UNION ALL
    SELECT o.namespace, o.source, decode(o.hash, 'hex'), o.key, ${ORDER_NAMES.map((name) => `o.${name}`).join(', ')}
    FROM more o WHERE NOT o.gone`)}`,

  issues: (first) => `x AS MATERIALIZED (
  SELECT r.*, CASE WHEN r.op = 'insert' AND (r.taken OR (
      SELECT true FROM issues i WHERE i.namespace = r.namespace AND i.name = r.short_name)) THEN r.long_name ELSE r.short_name
    END AS name
  FROM ROWS FROM (jsonb_to_recordset($${first}::jsonb) AS (${ISSUE_COLUMNS.join(', ')}),
    string_to_table($${first + 2}, E'\\n'), string_to_table($${first + 3}, E'\\n'), string_to_table($${first + 4}, E'\\n'))
    AS r(${ISSUE_COLUMNS.map(nameOf).join(', ')}, head, spec, tail)
  WHERE (SELECT ok FROM v)[r.n]
), counter AS (
  UPDATE meta SET last_change = last_change + $${first + 1}::bigint
  WHERE EXISTS (SELECT FROM x WHERE change_op IS NOT NULL)
  RETURNING last_change - $${first + 1}::bigint AS base, last_change
), inserted AS (
  INSERT INTO issues (${ISSUE_INSERT_COLUMNS}, name, change)
  SELECT ${ISSUE_INSERT_VALUES}, x.name, (SELECT base FROM counter) + x.place FROM x WHERE x.op = 'insert'
), updated AS (
  UPDATE issues i SET ${ISSUE_SET},
    change = CASE WHEN x.change_op IS NULL THEN i.change ELSE (SELECT base FROM counter) + x.place END
  FROM x WHERE x.op <> 'insert' AND i.id = x.id
), logged AS (
  INSERT INTO changes (change, resource, namespace, name, uid, op, labels_before, fields_before, change_before, object, at)
  SELECT (SELECT base FROM counter) + x.place, 'issues', x.namespace, x.name, x.uid, x.change_op,
    coalesce(x.labels_before, nullif(old.labels, x.served_labels)), coalesce(x.fields_before, old.fields),
    coalesce(x.change_before, old.change), CASE WHEN x.name = x.short_name THEN (x.head || x.spec || x.tail)::json
      ELSE jsonb_set((x.head || x.spec || x.tail)::jsonb, '{metadata,name}', to_jsonb(x.name))::json END, ${now}
  FROM x LEFT JOIN LATERAL (
    SELECT i.served_labels AS labels, ${CHANGING_FIELDS_SQL} AS fields, i.change FROM issues i WHERE i.id = x.id
  ) old ON x.change_op <> 'ADDED' AND x.change_before IS NULL
  WHERE x.change_op IS NOT NULL
)`,

  episodes: (first) => `e AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset($${first}::jsonb)
    AS e(n int, issue_id uuid, number bigint, opened_at bigint, resolved_at bigint, reason text, uid uuid,
      created_at bigint, until bigint, place int, generation bigint, spec jsonb, labels jsonb, observed jsonb,
      occurrences bigint, last_seen_at bigint)
  WHERE (SELECT ok FROM v)[e.n]
), closed AS (
  INSERT INTO episodes (issue_id, number, opened_at, resolved_at, reason, uid, created_at, generation, spec, labels,
    observed, occurrences, last_seen_at, recorded_at)
  SELECT e.issue_id, e.number, ${timestamp('e.opened_at')}, ${timestamp('e.resolved_at')}, e.reason, e.uid,
    ${timestamp('e.created_at')}, ${CONTENT}, ${now}
  FROM e ${STORED} WHERE e.until IS NULL
), said AS (
  INSERT INTO contents (issue_id, number, until, change, place, generation, spec, labels, observed, occurrences,
    last_seen_at, recorded_at)
  SELECT e.issue_id, e.number, ${timestamp('e.until')}, (SELECT last_change FROM meta), e.place, ${CONTENT}, ${now}
  FROM e ${STORED} WHERE e.until IS NOT NULL
)`,

  deliveries: (first) => `delivered AS (
  INSERT INTO deliveries AS d (source, delivery_id, result, at)
  SELECT r.source, r.delivery_id, r.result, ${now}
  FROM jsonb_to_recordset($${first}::jsonb) AS r(n int, source text, delivery_id text, result jsonb)
  WHERE (SELECT ok FROM v)[r.n]
  ON CONFLICT (source, delivery_id) DO UPDATE SET result = excluded.result, at = excluded.at
    WHERE d.at < ${now} - interval '24 hours'
)`,

  timeline: (first) => `acted AS (
  INSERT INTO timeline (issue_id, at, actor, action, comment, audit_id, until, detail)
  SELECT t.issue_id, ${now}, t.actor, t.action, t.comment, t.audit_id, ${timestamp('t.until')}, t.detail
  FROM jsonb_to_recordset($${first}::jsonb)
    AS t(n int, issue_id uuid, actor text, action text, comment text, audit_id text, until bigint,
      detail jsonb)
  WHERE (SELECT ok FROM v)[t.n]
)`,
};

const CHANGED = `
SELECT (SELECT ok FROM v) AS ok,
  coalesce((SELECT last_change FROM counter), (SELECT last_change FROM meta)) AS last_change,
  EXISTS (SELECT FROM counter) AS changed,
  (SELECT jsonb_object_agg(id, name) FROM x WHERE name <> short_name) AS renamed,
  (SELECT ${WAKE} FROM counter) AS woken`;

const UNCHANGED = `
SELECT (SELECT ok FROM v) AS ok, (SELECT last_change FROM meta) AS last_change, false AS changed, NULL::jsonb AS renamed`;

const STATEMENTS: readonly Prepared[] = Array.from({ length: 1 << PARTS.length }, (_, bits) =>
  statement(PARTS.filter((_part, at) => (bits & (1 << at)) !== 0)),
);

function nameOf(column: string): string {
  return column.split(' ')[0] as string;
}
