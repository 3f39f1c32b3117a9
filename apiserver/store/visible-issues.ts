import type { Issue, IssueSpec } from '../../crds/issue.ts';
import type { Session } from './database.ts';
import { issueObject } from './issue-object.ts';
import { SERVED_SELECT, type ServedRow, servedIssue } from './issue-row.ts';
import type { ReceivePage } from './store.ts';

/** Rows a round trip: what the receiver of pages has in memory at once, and once more what is on its way. */
const PAGE = 200;
const TIMEOUT_MS = 60_000;

/**
 * In the order of lists: whoever keeps many of them packs neighbours together. Read along the index, which is faster than
 * sorting rows of kilobytes where pages of a table are not much slower to find than to read one after the other, and begins
 * at once: a server is waiting.
 */
const DECLARE = `
SET LOCAL cursor_tuple_fraction = 1; SET LOCAL random_page_cost = 1.1;
DECLARE visible NO SCROLL CURSOR FOR
SELECT ${SERVED_SELECT}::text AS row, i.spec::text AS spec
FROM issues i WHERE i.hidden_at IS NULL ORDER BY i.namespace, i.name`;

interface VisibleRow {
  readonly row: string;
  /** As it was written, byte by byte (json): it is served without being made again. */
  readonly spec: string;
}

/** All visible issues inside the transaction of `session`. The next page is on its way while one is received. */
export async function visibleIssues(session: Session, receive: ReceivePage): Promise<void> {
  await session.run(DECLARE);
  const fetchPage = (): Promise<VisibleRow[]> => {
    const page = session.query<VisibleRow>(`FETCH ${PAGE} FROM visible`, [], { timeoutMs: TIMEOUT_MS });
    page.catch(() => {}); // told when it is waited for, unless something else failed before
    return page;
  };
  for (let next = fetchPage(); ; ) {
    const rows = await next;
    const last = rows.length < PAGE;
    if (!last) next = fetchPage();
    const objects = rows.map(visibleIssue);
    receive(
      objects,
      rows.map(({ spec }, index) => restOf(spec, objects[index] as Issue)),
    );
    if (last) return;
  }
}

function visibleIssue({ row, spec }: VisibleRow): Issue {
  return issueObject({ ...servedIssue(JSON.parse(row) as ServedRow), spec: JSON.parse(spec) as IssueSpec });
}

/**
 * The members of an issue after its metadata, as JSON.stringify writes this object. Only `spec` is as the feed wrote it: labels,
 * `observed` and conditions are jsonb, whose members may be in another order than in the object of a change.
 */
function restOf(spec: string, { status }: Issue): string {
  return `,"spec":${spec},"status":${JSON.stringify(status)}}`;
}
