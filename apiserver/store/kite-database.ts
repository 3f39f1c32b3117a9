import type { Session } from './database.ts';
import { micros } from './issue-row.ts';
import { openPostgresql } from './postgresql.ts';

/**
 * A database of Kite, to be read once: its four tables as its object mapper makes them (`issues`, `issue_scopes`, `links`,
 * `related_issues`). Nothing is written to it.
 */
export interface KiteDatabase extends AsyncDisposable {
  counts(): Promise<{ readonly issues: number; readonly relations: number }>;
  /** All issues of one moment; those that are one issue here (namespace, scope, type) come one after the other. */
  issues(receive: (page: readonly KiteRow[]) => Promise<void>): Promise<void>;
  relations(): Promise<{ readonly source: string; readonly target: string }[]>;
}

/** Times in µs. */
export interface KiteRow {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly severity: string;
  readonly issue_type: string;
  readonly state: string;
  readonly namespace: string;
  readonly detected_at: number;
  readonly resolved_at: number | null;
  readonly updated_at: number;
  readonly resource_type: string;
  readonly resource_name: string;
  readonly resource_namespace: string;
  readonly links: readonly { readonly title: string; readonly url: string }[];
}

const PAGE = 500;
const SLOW = { timeoutMs: 60_000 };
const ISSUES = `
SELECT i.id, i.title, i.description, i.severity, i.issue_type, i.state, i.namespace,
  ${micros('i.detected_at')} AS detected_at, ${micros('i.resolved_at')} AS resolved_at,
  ${micros('coalesce(i.updated_at, i.created_at, i.detected_at)')} AS updated_at,
  s.resource_type, s.resource_name, coalesce(nullif(s.resource_namespace, ''), i.namespace) AS resource_namespace,
  coalesce((SELECT json_agg(json_build_object('title', l.title, 'url', l.url) ORDER BY l.id)
    FROM links l WHERE l.issue_id = i.id), '[]'::json) AS links
FROM issues i JOIN issue_scopes s ON s.id = i.scope_id
ORDER BY i.namespace, s.resource_type, s.resource_name, 13, i.issue_type, i.updated_at, i.id`;

/** Opens no connection yet. Errors are StoreUnavailable, or what PostgreSQL says. */
export function openKiteDatabase(url: string): KiteDatabase {
  const database = openPostgresql(url, { maxConnections: 2 });
  return {
    async counts() {
      const [row] = await database.query<{ issues: number; relations: number }>(
        'SELECT (SELECT count(*) FROM issues) AS issues, (SELECT count(*) FROM related_issues) AS relations',
        [],
        SLOW,
      );
      return row ?? { issues: 0, relations: 0 };
    },
    async issues(receive) {
      await database.transaction('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', (session) =>
        pages(session, receive),
      );
    },
    relations: () =>
      database.query('SELECT source_id AS source, target_id AS target FROM related_issues ORDER BY id', [], SLOW),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

async function pages(session: Session, receive: (page: readonly KiteRow[]) => Promise<void>): Promise<void> {
  await session.run(`DECLARE kite NO SCROLL CURSOR FOR ${ISSUES}`, SLOW);
  for (;;) {
    const rows = await session.query<KiteRow>(`FETCH ${PAGE} FROM kite`, [], SLOW);
    await receive(rows);
    if (rows.length < PAGE) return;
  }
}
