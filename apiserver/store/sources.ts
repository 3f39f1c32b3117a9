import { TAKE_COMMIT_LOCK } from './commit-sql.ts';
import type { Database } from './database.ts';
import { micros } from './issue-row.ts';
import { ORDER_COLUMNS } from './order-row.ts';
import type { LedSource, StoredSource } from './store.ts';

/**
 * Which objects another label selector leaves out cannot be told from what is stored; `selectorSince` remembers from which
 * epoch on everything that it selects was looked at again (row 8). The empty selector leaves out nothing.
 *
 * Epochs begin at the clock, not at 1: they stay increasing when a database is restored from a backup. Each is greater
 * than every one that the source had in any shard, so that an epoch says whose it is, and when a namespace moves between
 * shards the later leader wins. The lock makes that true of leads at the same time.
 *
 * $5: the number of shards where there are shards, 0 where there is the one shard '' and -1 where shards are only names.
 * Shards of another number, and '' where there are some, are left out: one manager divides its namespaces in one way.
 * $6: what the manager knows nothing about, and so leaves out in neither way.
 */
const LEAD = `
WITH led AS (
  INSERT INTO sources AS s (name, shard, manager, class, epoch, filter, absent_since)
  SELECT x.name, $2, $1, x.class, greatest(${micros('clock_timestamp()')},
    (SELECT max(o.epoch) + 1 FROM sources o WHERE o.name = x.name)), x.filter, NULL
  FROM jsonb_to_recordset($3::jsonb) AS x(name text, class text, filter jsonb)
  ON CONFLICT (name, shard) DO UPDATE SET manager = excluded.manager, class = excluded.class,
    epoch = excluded.epoch, absent_since = NULL,
    filter = excluded.filter || CASE
      WHEN excluded.filter->>'labelSelector' = '' THEN '{}'::jsonb
      WHEN excluded.filter->>'labelSelector' <> s.filter->>'labelSelector'
        THEN jsonb_build_object('selectorSince', excluded.epoch)
      ELSE jsonb_strip_nulls(jsonb_build_object('selectorSince', s.filter->'selectorSince')) END
  RETURNING s.name, s.epoch
), left_out AS (
  UPDATE sources s SET absent_since = now() + $4::float8 * interval '1 microsecond'
  WHERE s.manager = $1 AND s.absent_since IS NULL AND CASE WHEN s.shard = $2
    THEN NOT EXISTS (SELECT FROM jsonb_to_recordset($3::jsonb) AS x(name text) WHERE x.name = s.name)
    ELSE $5::int >= 0 AND (s.shard = '' OR s.filter->'shard' IS NOT NULL)
      AND coalesce((s.filter->'shard'->>'count')::int, 0) <> $5::int END
  AND NOT EXISTS (SELECT FROM jsonb_array_elements_text($6::jsonb) AS u(name)
    WHERE s.name = u.name OR (right(u.name, 2) = '.*' AND starts_with(s.name, left(u.name, -1))))
)
SELECT name, epoch FROM led`;

/** See `Store.lead`. */
export async function lead(
  database: Database,
  leader: {
    readonly manager: string;
    readonly shard: string;
    readonly clockOffset: number;
    readonly unknown: readonly string[];
  },
  sources: readonly LedSource[],
): Promise<number[]> {
  const { manager, shard, clockOffset, unknown } = leader;
  const count = sources[0]?.filter.shard?.count ?? (shard === '' ? 0 : -1);
  const rows = await database.transaction(`BEGIN; ${TAKE_COMMIT_LOCK}`, (session) =>
    session.query<{ name: string; epoch: number }>(LEAD, [
      ...[manager, shard, JSON.stringify(sources), clockOffset, count, JSON.stringify(unknown)],
    ]),
  );
  await forgetOtherClasses(database, sources);
  const epochs = new Map(rows.map(({ name, epoch }) => [name, epoch]));
  return sources.map(({ name }) => epochs.get(name) as number);
}

const BATCH = 500;
const OTHER_CLASS = `
SELECT DISTINCT encode(w.subject_hash, 'hex') AS hash, w.namespace, w.source
FROM watermarks w JOIN jsonb_to_recordset($1::jsonb) AS x(name text, class text) ON x.name = w.source
WHERE w.class <> x.class LIMIT ${BATCH}`;
// The version is the subject's, so its row stays: whoever decided on the old key conflicts.
const FORGET = `
WITH x AS MATERIALIZED (
  SELECT decode(r.hash, 'hex') AS hash, r.namespace, r.source FROM jsonb_to_recordset($1::jsonb) AS r(hash text, namespace text, source text)
), keys AS (
  DELETE FROM watermarks w USING x WHERE w.subject_hash = x.hash AND w.namespace = x.namespace AND w.source = x.source AND w.key <> ''
)
UPDATE watermarks w SET ${ORDER_COLUMNS.map((column) => `${column.split(' ')[0]} = NULL`).join(', ')}, version = w.version + 1
FROM x WHERE w.subject_hash = x.hash AND w.namespace = x.namespace AND w.source = x.source AND w.key = ''`;

/**
 * A source has one class. When it gets another one (its controller was rewritten), order keys of the old one say nothing
 * about the new looks, and would keep those of a lower class out for ever. Asked at every lead rather than at a change,
 * so that a crash on the way leaves nothing behind.
 */
async function forgetOtherClasses(database: Database, sources: readonly LedSource[]): Promise<void> {
  const wanted = JSON.stringify(sources.map(({ name, class: orderClass }) => ({ name, class: orderClass })));
  for (;;) {
    const found = await database.slowQuery(OTHER_CLASS, [wanted]);
    if (found.length === 0) return;
    await database.transaction(`BEGIN; ${TAKE_COMMIT_LOCK}`, (session) =>
      session.query(FORGET, [JSON.stringify(found)]),
    );
  }
}

interface SourceRow {
  name: string;
  shard: string;
  manager: string;
  class: StoredSource['class'];
  epoch: number;
  filter: StoredSource['filter'];
  absent_since: number | null;
}

const SELECT = `SELECT name, shard, manager, class, epoch, filter, ${micros('absent_since')} AS absent_since FROM sources`;

function storedSource({ absent_since, ...row }: SourceRow): StoredSource {
  return { ...row, ...(absent_since === null ? {} : { absentSince: absent_since }) };
}

/** See `Store.source`. */
export async function readSource(database: Database, name: string, shard: string): Promise<StoredSource | undefined> {
  const [row] = await database.query<SourceRow>(`${SELECT} WHERE name = $1 AND shard = $2`, [name, shard]);
  return row && storedSource(row);
}

/** See `Store.shards`. */
export async function readShards(database: Database, name: string): Promise<StoredSource[]> {
  return (await database.query<SourceRow>(`${SELECT} WHERE name = $1 ORDER BY shard`, [name])).map(storedSource);
}

/** Every source that was ever registered, all shards. */
export async function readSources(database: Database): Promise<StoredSource[]> {
  return (await database.query<SourceRow>(`${SELECT} ORDER BY name, shard`)).map(storedSource);
}
