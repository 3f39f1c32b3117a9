import type { Database, Session } from './database.ts';

// The timeline counts promotions of a replica; it can only be asked of a server that takes writes.
const EXTERNAL = `
SELECT concat_ws('/',
  (SELECT system_identifier FROM pg_control_system()),
  CASE WHEN pg_is_in_recovery() THEN 'standby' ELSE substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) END,
  (SELECT oid FROM pg_database WHERE datname = current_database()),
  (SELECT database_id FROM meta)) AS identity`;

const EMBEDDED = `SELECT concat_ws('/', cluster_id, database_id) AS identity FROM meta`;

/** Which database this is: another one after a restore, a failover or a change of the folder (decision 14). */
export async function readIdentity(session: Session, embedded: boolean): Promise<string> {
  const [row] = await session.query<{ identity: string }>(embedded ? EMBEDDED : EXTERNAL);
  return row?.identity ?? '';
}

/**
 * Raises the counter to max(counter, µs since 1970, $2), which is above every number that was ever issued: the counter
 * starts at the clock and grows slower than it, and $2 is the greatest number that this process was given, whatever the
 * clock of another machine says. When the database is another one than the last time, or lacks that number, the floor is
 * raised too: numbers of the lost history would otherwise resume a watch that missed something (V6).
 */
const RAISE = `
WITH clock AS MATERIALIZED (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now)
UPDATE meta SET
  last_change = greatest(last_change, clock.now, $2::bigint),
  change_floor = CASE WHEN identity IS DISTINCT FROM $1 OR last_change < $2::bigint
    THEN greatest(last_change, clock.now, $2::bigint) ELSE change_floor END,
  identity = $1
FROM clock`;

/** At every start. Answers the identity, as the next one does. */
export async function raiseCounter(session: Session, embedded: boolean, atLeast = 0): Promise<string> {
  const identity = await readIdentity(session, embedded);
  await session.query(RAISE, [identity, atLeast]);
  return identity;
}

/**
 * On every new connection: a failover ends all old ones, so none can write before this has looked. `highest`: the greatest
 * number that this process was given; another server that has looked before did not know it.
 */
export async function raiseCounterAfterFailover(session: Session, embedded: boolean, highest: number): Promise<string> {
  const [meta] = await session.query<{ identity: string | null; last_change: number }>(
    'SELECT identity, last_change FROM meta',
  );
  const identity = await readIdentity(session, embedded);
  const behind = meta && (meta.identity !== identity || meta.last_change < highest);
  return behind ? raiseCounter(session, embedded, highest) : identity;
}

/** Claims the database for a cluster, once; answers whose it is. */
export async function claimCluster(database: Database, clusterId: string): Promise<string> {
  const [row] = await database.query<{ cluster_id: string }>(
    'UPDATE meta SET cluster_id = coalesce(cluster_id, $1) RETURNING cluster_id',
    [clusterId],
  );
  return row?.cluster_id ?? clusterId;
}
