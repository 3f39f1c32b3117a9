import type { Session } from './database.ts';
import type { SearchQuery } from './search.ts';
import { markedWith, openedBetween } from './search-marks.ts';
import { conditions, LIMITED, type Order, orderOf, Parameters } from './search-sql.ts';

/** Issues of a page, found by their words and marks. */
export interface Matches {
  readonly found: readonly { readonly id: string; readonly position: string | number; readonly score?: number }[];
  /** More matched than were ranked: only so many of the newest were. */
  readonly ranked?: number;
}

/** What is known before anything is looked for. */
export interface Asked {
  /** The text of a tsquery; '' without a text. */
  readonly words: string;
  /** Every document has its marks. Not while the index is made again after an upgrade. */
  readonly marked: boolean;
  /** Seconds between which issues were opened. */
  readonly oldest: number;
  readonly newest: number;
}

/** How much is looked at; tests take less. */
export interface Limits {
  /** Matches that are all looked at; where there are more, only the newest are. */
  readonly rare: number;
  /** Candidates that are ranked, the newest: where everything is looked at, and where more match. */
  readonly ranked: number;
  readonly rankedOfCommon: number;
  /**
   * Matches that are thought likely, whatever the database estimates: words that belong together are found together more
   * often than it thinks.
   */
  readonly likely: number;
  /** Without a text: issues that are walked by, from the end at which the page begins, before the inverted index is asked. */
  readonly walked: number;
  /** Issues with words that begin so, from which on their lists are not worth reading for the few that are wanted. */
  readonly commonBeginning: number;
}
export const LIMITS: Limits = {
  rare: 2_000,
  ranked: 1_000,
  rankedOfCommon: 200,
  likely: 150_000,
  walked: 1_000,
  commonBeginning: 50_000,
};

/** A stretch of time is taken so much longer than the numbers say, and after too few at least so many times longer. */
const MARGIN = 1.5;
const LEAST_GROWTH = 2;
const MOST_GROWTH = 64;

/**
 * The page of what has the words and the marks of a question. The inverted index is asked for one stretch of time after
 * another, from the end at which the page begins, until enough was found; of what is rare for everything. The answer is the
 * same, and what is read depends on the page and not on how much is stored. undefined: without a text, where the columns
 * answer as well.
 */
export async function findMatches(
  session: Session,
  query: SearchQuery,
  { asked, limits }: { readonly asked: Asked; readonly limits: Limits },
): Promise<Matches | undefined> {
  const { by } = query.sort;
  const marks = asked.marked ? markedWith(query.filter, query.namespaces) : '';
  const how: Look = {
    ...{ query, asked, wanted: and(parenthesised(asked.words), marks) },
    most: by === 'relevance' ? limits.rankedOfCommon : query.limit + 1,
  };
  const byTime = asked.marked && (by === 'relevance' || by === 'openedAt');
  if (asked.words === '' && (marks === '' || !byTime)) return marks === '' ? undefined : rarely(session, how, limits);
  if (!byTime) return pageOf(await look(session, how), how);
  const [, before = '', beginning] = BEGINNING.exec(asked.words) ?? [];
  const [all = 0, begun = 0, marked = 0] = await estimated(session, [
    how.wanted,
    beginning ?? NOTHING,
    marks || NOTHING,
  ]);
  const floor = asked.words === '' ? limits.walked : limits.likely;
  const likely = Math.max(all, marks === '' ? floor : Math.min(marked, floor), 1);
  const isCommon = begun > limits.commonBeginning || (beginning !== undefined && beginning.length <= SHORT);
  const wanted = isCommon ? and(parenthesised(before), marks) : how.wanted;
  return inStretches(session, { ...how, wanted }, { likely, limits, exactly: how.wanted });
}

/** In the order of another column, where that is not many. */
async function rarely(session: Session, how: Look, { rare }: Limits): Promise<Matches | undefined> {
  const [all = 0] = await estimated(session, [how.wanted, NOTHING]);
  if (all > rare) return undefined;
  const few = await look(session, { ...how, atMost: rare });
  return few.matched <= rare ? pageOf(few, how) : undefined;
}

async function inStretches(
  session: Session,
  how: Look,
  { likely, limits, exactly }: { readonly likely: number; readonly limits: Limits; readonly exactly: string },
): Promise<Matches> {
  const { query, asked, most } = how;
  const { rare, ranked } = limits;
  const [from, to] = rangeOf(query, asked);
  const narrower = to - from < (asked.newest - asked.oldest) / 2;
  const everything = { ...how, wanted: exactly, ...(narrower && { stretch: { from, to } }) };
  let length = ((asked.newest - asked.oldest) * most * MARGIN) / likely;
  let maybeRare = true;
  while (length < (to - from) / 2) {
    const stretch = isNewestFirst(query) ? { from: to - length, to } : { from, to: from + length };
    const seen = await look(session, { ...how, stretch });
    if (seen.candidates >= most) return pageOf(seen, how);
    if (maybeRare && (seen.matched / length) * (to - from) <= rare) {
      const rarely = { ...everything, atMost: rare, most: query.sort.by === 'relevance' ? ranked : most };
      const few = await look(session, rarely);
      if (few.matched <= rare) return pageOf(few, rarely);
      maybeRare = false;
    }
    const growth = (most * MARGIN) / Math.max(seen.candidates, 1);
    length = Math.max(length, 1) * Math.min(Math.max(growth, LEAST_GROWTH), MOST_GROWTH);
  }
  return pageOf(await look(session, everything), how);
}

/** Of a tsquery whose last word may be a beginning: what is before it, and that word. */
const BEGINNING = /^(?:(.*) (?:&|<->|<\d+>) )?('(?:[^']|'')*':\*)$/;
/** Quoted and with its mark: one or two letters or digits, with which very many words begin. */
const SHORT = `'12':*`.length;
/** No document has it. */
const NOTHING = `'/'`;

function and(...queries: readonly string[]): string {
  return queries.filter((query) => query !== '').join(' & ');
}

function parenthesised(query: string): string {
  return query && `(${query})`;
}

function isNewestFirst({ sort: { by, descending } }: SearchQuery): boolean {
  return by === 'relevance' || descending;
}

/** Seconds that the page can be in, both included. */
function rangeOf(query: SearchQuery, { oldest, newest }: Asked): [number, number] {
  const { sort, after, filter } = query;
  const newestFirst = isNewestFirst(query);
  const reached = sort.by === 'openedAt' && after !== undefined ? Number(after.value) / 1_000_000 : undefined;
  const from = Math.max(oldest, (filter.openedSince ?? 0) / 1_000_000, newestFirst ? 0 : (reached ?? 0));
  const to = Math.min(
    newest,
    (filter.openedBefore ?? Infinity) / 1_000_000,
    newestFirst ? (reached ?? Infinity) : Infinity,
  );
  return [Math.floor(from), Math.ceil(to)];
}

/** One look into the inverted index. */
interface Look {
  readonly query: SearchQuery;
  readonly asked: Asked;
  /** What the inverted index is asked for: the text of a tsquery, '' for everything. What it finds is compared with the words. */
  readonly wanted: string;
  /** Candidates that are wanted. */
  readonly most: number;
  /** Matches that are read; one more says that there are more. */
  readonly atMost?: number;
  /** Seconds between which the issue was opened, both included. */
  readonly stretch?: { readonly from: number; readonly to: number };
}

interface Seen {
  readonly rows: readonly { readonly id: string; readonly position: string | number; readonly score: number | null }[];
  readonly matched: number;
  readonly candidates: number;
}

async function look(session: Session, how: Look): Promise<Seen> {
  const parameters = new Parameters();
  const { query, stretch, atMost } = how;
  const judged = conditions(query.filter, query.namespaces, parameters);
  if (stretch) {
    judged.push(
      `x.opened_at >= to_timestamp(${parameters.add(stretch.from)}::float8)`,
      `x.opened_at <= to_timestamp(${parameters.add(stretch.to)}::float8)`,
    );
  }
  const m = matching(how, { document: query.sort.by === 'relevance', judged, parameters });
  const where = atMost === undefined ? judged : [...judged, `(SELECT count(*) FROM m) <= ${atMost}`];
  const page = query.sort.by === 'relevance' ? ranked(how, where, parameters) : inOrder(how, where, parameters);
  const rows = await session.query<SeenRow>(
    `WITH m AS MATERIALIZED (${m}), ${page}
     SELECT n.matched, n.candidates, p.issue_id AS id, p.position, p.score
     FROM (SELECT (SELECT count(*) FROM m) AS matched, (SELECT count(*) FROM candidates) AS candidates) n
     LEFT JOIN page p ON true ORDER BY p.place`,
    parameters.values,
    LIMITED,
  );
  const [first] = rows;
  return {
    matched: first?.matched ?? 0,
    candidates: first?.candidates ?? 0,
    rows: rows.flatMap(({ id, position, score }) => (id === null ? [] : [{ id, position, score }])),
  };
}

interface SeenRow {
  readonly matched: number;
  readonly candidates: number;
  readonly id: string | null;
  readonly position: string | number;
  readonly score: number | null;
}

/** The newest are candidates; the best of them are the page. */
function ranked(how: Look, where: readonly string[], parameters: Parameters): string {
  const { query, asked, most } = how;
  const { after, limit } = query;
  const score = `round(ts_rank(c.document, ${parameters.add(asked.words)}::tsquery, 1)::numeric, 6)::float8`;
  const later = after
    ? `WHERE (s.score, s.issue_id) < (${parameters.add(after.value)}::float8, ${parameters.add(after.id)}::uuid)`
    : '';
  return `candidates AS MATERIALIZED (
      SELECT x.issue_id, m.document FROM m JOIN issue_index x ON x.issue_id = m.issue_id ${whereOf(where)}
      ORDER BY x.opened_at DESC, x.issue_id DESC LIMIT ${most}
    ), page AS (
      SELECT s.issue_id, s.score, s.score AS position, row_number() OVER (ORDER BY s.score DESC, s.issue_id DESC) AS place
      FROM (SELECT c.issue_id, ${score} AS score FROM candidates c OFFSET 0) s ${later}
      ORDER BY s.score DESC, s.issue_id DESC LIMIT ${parameters.add(limit + 1)}
    )`;
}

function inOrder(how: Look, where: readonly string[], parameters: Parameters): string {
  const { query, most } = how;
  const order = columnOrder(query);
  const all = query.after ? [...where, order.after(query.after, parameters)] : where;
  return `candidates AS MATERIALIZED (
      SELECT x.issue_id, ${order.value} AS position, row_number() OVER (ORDER BY ${order.by}) AS place
      FROM m JOIN issue_index x ON x.issue_id = m.issue_id ${whereOf(all)} ORDER BY ${order.by} LIMIT ${most}
    ), page AS (SELECT c.*, NULL::float8 AS score FROM candidates c)`;
}

/**
 * Ids of what matches, with the document if it is ranked. Evidence counts only where the caller may read it. It has no marks,
 * so what its issue is judged by bounds it.
 */
function matching(
  how: Look,
  { document, judged, parameters }: { document: boolean; judged: readonly string[]; parameters: Parameters },
): string {
  const { query, asked, wanted, atMost, stretch } = how;
  const { evidenceIn } = query;
  const marked = and(wanted, stretch ? openedBetween(stretch.from, stretch.to) : '');
  const place = asked.words && `${parameters.add(asked.words)}::tsquery`;
  const isFound = marked === '' ? [] : [`t.document @@ ${parameters.add(marked)}::tsquery`];
  // A function, unlike an operator, is not asked of the index.
  if (place) isFound.push(marked === '' ? `t.document @@ ${place}` : `ts_match_vq(t.document, ${place})`);
  const texts = `SELECT t.issue_id${document ? ', t.document' : ''} FROM issue_texts t ${whereOf(isFound)}`;
  const limit = atMost === undefined ? '' : `LIMIT ${atMost + 1}`;
  if (!place || evidenceIn === undefined || evidenceIn.length === 0) return `${texts} ${limit}`;
  const may = evidenceIn === 'all' ? [] : [`x.namespace = ANY (${parameters.add(evidenceIn)}::text[])`];
  return `(${texts}) UNION ALL (
    SELECT e.issue_id${document ? `, setweight(e.document, 'D')` : ''}
    FROM evidence_texts e JOIN issue_index x ON x.issue_id = e.issue_id
    ${whereOf([`e.document @@ ${place}`, ...may, ...judged])} AND NOT EXISTS (
      SELECT FROM issue_texts t WHERE t.issue_id = e.issue_id AND ts_match_vq(t.document, ${place}))) ${limit}`;
}

function whereOf(conditions: readonly string[]): string {
  return conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
}

export function columnOrder({ sort }: SearchQuery): Order {
  const { by, descending } = sort;
  if (by === 'relevance') return orderOf({ by: 'openedAt', descending: true });
  return orderOf({ by, descending });
}

/** How many issues the database thinks that each of these finds. */
async function estimated(session: Session, queries: readonly string[]): Promise<number[]> {
  // EXPLAIN takes no parameters; these are texts that the database has written, and quoted marks.
  const each = queries.map((text) => `SELECT FROM issue_texts t WHERE t.document @@ ${literal(text)}::tsquery`);
  const rows = await session.query<{ 'QUERY PLAN': Explained | string }>(
    `EXPLAIN (FORMAT JSON) ${each.join(' UNION ALL ')}`,
  );
  const plan = rows[0]?.['QUERY PLAN'];
  const parsed = typeof plan === 'string' ? (JSON.parse(plan) as Explained) : plan;
  return (parsed?.[0]?.Plan.Plans ?? []).map((found) => found['Plan Rows']);
}

type Explained = readonly [{ readonly Plan: { readonly Plans?: readonly { readonly 'Plan Rows': number }[] } }];

function literal(text: string): string {
  return `E'${text.replaceAll(/['\\]/g, '\\$&')}'`;
}

function pageOf({ rows, candidates }: Seen, { query, most }: Look): Matches {
  const found = rows.map(({ score, ...row }) => (score === null ? row : { ...row, score }));
  return { found, ...(query.sort.by === 'relevance' && candidates >= most && { ranked: most }) };
}
