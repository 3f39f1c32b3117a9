import type { Database, Session } from './database.ts';
import { ISSUE_SELECT, type IssueRow, storedIssue } from './issue-row.ts';
import type { IssueSearch, Scope, SearchHit, SearchMatch, SearchPage, SearchPosition, SearchQuery } from './search.ts';
import { conditions, type Order, orderOf, Parameters, plainWords } from './search-sql.ts';

/**
 * The port `IssueSearch` in SQL. Two ways lead to what a text matches: the inverted index, good for rare words, and a walk
 * over the issues from the newest on, good for common ones and for few issues. Which is taken depends on how many the
 * database estimates; both give the same.
 */
export class SqlIssueSearch implements IssueSearch {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async search(query: SearchQuery): Promise<SearchPage> {
    const { text, after } = query;
    if (text === undefined) return this.#in(BEGIN, (session) => filtered(session, query));
    if (after?.match !== 'similar') {
      const page = await this.#in(BEGIN, (session) => matching(session, query, text));
      if (page.hits.length > 0 || after) return page;
    }
    return this.#similar(query, text);
  }

  /** A part of what matches would be an arbitrary part, and another one for the next page: so it is all or nothing. */
  async findVisible(
    text: string,
    namespaces: Scope,
    most = MOST_NAMES,
  ): Promise<{ namespace: string; name: string }[] | undefined> {
    const named = await this.#visibleNames(text, namespaces, most + 1);
    return named.length > most ? undefined : named;
  }

  async #visibleNames(text: string, namespaces: Scope, limit: number): Promise<{ namespace: string; name: string }[]> {
    const parameters = new Parameters();
    const where = ['x.visible', ...conditions({}, namespaces, parameters)];
    const found = await this.#in(BEGIN, (session) =>
      session.query<{ namespace: string; name: string }>(
        `WITH q AS MATERIALIZED (SELECT ${TS_QUERY(parameters.add(text))} AS query)
         SELECT x.namespace, x.name FROM issue_index x JOIN issue_texts t ON t.issue_id = x.issue_id
         WHERE ${where.join(' AND ')} AND t.document @@ (SELECT query FROM q) LIMIT ${limit}`,
        parameters.values,
        LIMITED,
      ),
    );
    if (found.length > 0) return found;
    return this.#lookingAlike(async (session) => {
      const more = new Parameters();
      const also = ['x.visible', ...conditions({}, namespaces, more)];
      return session.query<{ namespace: string; name: string }>(
        `SELECT x.namespace, x.name FROM issue_index x JOIN issue_texts t ON t.issue_id = x.issue_id
         WHERE ${also.join(' AND ')} AND ${ALIKE(more.add(text), more.add(likePattern(text)))} LIMIT ${limit}`,
        more.values,
      );
    });
  }

  /** Words that nobody wrote: names and titles that look like them. */
  async #similar(query: SearchQuery, text: string): Promise<SearchPage> {
    const { filter, namespaces, after, limit } = query;
    const parameters = new Parameters();
    const [like, pattern] = [parameters.add(text), parameters.add(likePattern(text))];
    const where = [...conditions(filter, namespaces, parameters), ALIKE(like, pattern)];
    const score = `round((word_similarity(${like}::text, t.words) + (t.words ILIKE ${pattern}::text)::int)::numeric, 6)::float8`;
    const found = `SELECT x.issue_id, ${score} AS score FROM issue_texts t JOIN issue_index x ON x.issue_id = t.issue_id
      WHERE ${where.join(' AND ')} ORDER BY 2 DESC LIMIT ${RANKED}`;
    const rows = await this.#lookingAlike((session) =>
      scored(session, { found, parameters, after, limit, snippet: `left(i.spec->>'title', 200)` }),
    );
    return pageOf(rows, limit, 'similar');
  }

  /** Trigrams that half of all titles have cost seconds: then nothing looks alike. */
  async #lookingAlike<Row>(find: (session: Session) => Promise<Row[]>): Promise<Row[]> {
    try {
      return await this.#in(BEGIN_ALIKE, find);
    } catch (error) {
      if (isTimeout(error)) return [];
      throw error;
    }
  }

  #in<T>(begin: string, use: (session: Session) => Promise<T>): Promise<T> {
    return this.#database.transaction(begin, use);
  }
}

/** Candidates of a text that are ranked; of those found by a walk fewer, because each costs a look. */
const RANKED = 1_000;
const RANKED_OF_WALK = 200;
const MOST_NAMES = 10_000;
/** Estimated matches from which on the walk is quicker; of few issues it is sooner. */
const COMMON = 14_000;
const COMMON_AMONG_FEW = 3_000;

const TIMEOUT_MS = 5_000;
const LIMITED = { timeoutMs: TIMEOUT_MS + 1_000 };
// What the store sets for its own statements, which name rows, is wrong for these: they choose among many.
const PLANNER = `SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL enable_hashjoin = on; SET LOCAL enable_seqscan = on;
SET LOCAL random_page_cost = 1.1`;
const BEGIN = `BEGIN READ ONLY; SET LOCAL statement_timeout = '${TIMEOUT_MS}ms'; ${PLANNER}`;
const BEGIN_ALIKE = `BEGIN READ ONLY; SET LOCAL statement_timeout = '400ms'; ${PLANNER};
SET LOCAL pg_trgm.word_similarity_threshold = 0.5`;

/** The last word may be a beginning. A text of nothing but stop words matches nothing. */
const TS_QUERY = (place: string): string => `(
  SELECT CASE WHEN w.query::text = '' OR w.query::text LIKE '%)' THEN w.query ELSE (w.query::text || ':*')::tsquery END
  FROM websearch_to_tsquery('english', ${asAsked(`${place}::text`)}) AS w(query))`;

const ALIKE = (text: string, pattern: string): string => `(${text}::text <% t.words OR t.words ILIKE ${pattern}::text)`;

/** As `plainWords`, but for what websearch_to_tsquery reads: quotes, and a minus before a word. */
function asAsked(expression: string): string {
  const minus = `regexp_replace(${expression}, '(^|\\s)-(?=[^\\s-])', E'\\\\1\\u0001', 'g')`;
  const quotes = `replace(${minus}, '"', E'\\u0002')`;
  return `translate(${plainWords(quotes)}, E'\\u0001\\u0002', '-"')`;
}

function likePattern(text: string): string {
  return `%${text.trim().replaceAll(/[\\%_]/g, '\\$&')}%`;
}

interface Row extends IssueRow {
  position: string | number;
  score: number | null;
  snippet: string | null;
  candidates: number | null;
  /** Rows of the page in the index; an issue that went meanwhile is in it and nowhere else. */
  found: number;
}

const FOUND = '(SELECT count(*) FROM page) AS found';

/** Without a text. */
async function filtered(session: Session, query: SearchQuery): Promise<SearchPage> {
  const parameters = new Parameters();
  const order = columnOrder(query);
  const where = narrowed(query, order, parameters);
  const rows = await session.query<Row>(
    `WITH page AS MATERIALIZED (
       SELECT x.issue_id, ${order.value} AS position, row_number() OVER () AS place FROM (
         SELECT x.* FROM issue_index x WHERE ${where.join(' AND ')} ORDER BY ${order.by} LIMIT ${parameters.add(query.limit + 1)}
       ) x
     )
     SELECT ${ISSUE_SELECT}, p.position, NULL AS score, NULL AS snippet, ${FOUND} FROM page p JOIN issues i ON i.id = p.issue_id
     ORDER BY p.place`,
    parameters.values,
    LIMITED,
  );
  return pageOf(rows, query.limit, 'words');
}

/** With a text whose words are there. */
async function matching(session: Session, query: SearchQuery, text: string): Promise<SearchPage> {
  const [asked] = await session.query<{ query: string }>(`SELECT ${TS_QUERY('$1')}::text AS query`, [text]);
  const words = asked?.query ?? '';
  if (words === '') return { hits: [], match: 'words' };
  const walk = (await estimated(session, words)) > (isFew(query) ? COMMON_AMONG_FEW : COMMON);
  const parameters = new Parameters();
  const place = `${parameters.add(words)}::tsquery`;
  const { after, limit } = query;
  const headline = snippetOf(place);
  if (query.sort.by !== 'relevance') {
    const order = columnOrder(query);
    const where = narrowed(query, order, parameters);
    const found = `SELECT x.issue_id, ${order.value} AS position, row_number() OVER () AS place FROM (
      SELECT x.* FROM ${matches(query, place, parameters, walk)} WHERE ${where.join(' AND ')}
      ORDER BY ${order.by} LIMIT ${parameters.add(limit + 1)}) x`;
    const rows = await session.query<Row>(
      `WITH page AS MATERIALIZED (${found})
       SELECT ${ISSUE_SELECT}, p.position, NULL AS score, ${headline} AS snippet, ${FOUND} FROM page p JOIN issues i ON i.id = p.issue_id
       ORDER BY p.place`,
      parameters.values,
      LIMITED,
    );
    return pageOf(rows, limit, 'words');
  }
  const most = walk ? RANKED_OF_WALK : RANKED;
  const where = conditions(query.filter, query.namespaces, parameters);
  const found = `SELECT x.issue_id, round(ts_rank(x.document, ${place}, 1)::numeric, 6)::float8 AS score FROM (
    SELECT x.issue_id, x.document FROM ${matches(query, place, parameters, walk)} ${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''}
    ORDER BY x.opened_at DESC, x.issue_id DESC LIMIT ${most}) x`;
  const rows = await scored(session, { found, parameters, after, limit, snippet: headline });
  const candidates = rows[0]?.candidates ?? 0;
  return { ...pageOf(rows, limit, 'words'), ...(candidates >= most && { ranked: most }) };
}

/** Rows `x`: of the index, with the document that matches. Evidence counts only where the caller may read it. */
function matches({ evidenceIn }: SearchQuery, place: string, parameters: Parameters, walk: boolean): string {
  const evidence = evidenceIn !== undefined && evidenceIn.length > 0;
  const may = !evidence || evidenceIn === 'all' ? 'true' : `y.namespace = ANY (${parameters.add(evidenceIn)}::text[])`;
  if (walk) {
    const shown = evidence
      ? `LEFT JOIN LATERAL (SELECT e.document FROM evidence_texts e WHERE e.issue_id = y.issue_id AND ${may} AND e.document @@ ${place}) e ON true`
      : '';
    const document = evidence
      ? `CASE WHEN e.document IS NULL THEN t.document ELSE t.document || setweight(e.document, 'D') END`
      : 't.document';
    // LATERAL and OFFSET 0 keep the order of the walk: each issue is looked up by its id.
    return `(SELECT y.*, d.document FROM issue_index y, LATERAL (
      SELECT ${document} AS document FROM issue_texts t ${shown} WHERE t.issue_id = y.issue_id
        AND (t.document @@ ${place}${evidence ? ' OR e.document IS NOT NULL' : ''}) OFFSET 0) d) x`;
  }
  const also = evidence
    ? `UNION ALL SELECT e.issue_id, setweight(e.document, 'D') FROM evidence_texts e JOIN issue_index y ON y.issue_id = e.issue_id
       WHERE e.document @@ ${place} AND ${may} AND NOT EXISTS (
         SELECT FROM issue_texts t WHERE t.issue_id = e.issue_id AND t.document @@ ${place})`
    : '';
  return `(SELECT y.*, m.document FROM (
      SELECT t.issue_id, t.document FROM issue_texts t WHERE t.document @@ ${place} ${also}
    ) m JOIN issue_index y ON y.issue_id = m.issue_id) x`;
}

/** A filter that leaves few issues, whatever the text. */
function isFew({ filter }: SearchQuery): boolean {
  return filter.states?.length === 1 && filter.states[0] === 'Active';
}

async function estimated(session: Session, words: string): Promise<number> {
  const rows = await session.query<{ 'QUERY PLAN': readonly [{ Plan: { 'Plan Rows': number } }] | string }>(
    // EXPLAIN takes no parameters; the text is one that the database itself has written.
    `EXPLAIN (FORMAT JSON) SELECT FROM issue_texts t WHERE t.document @@ '${words.replaceAll("'", "''").replaceAll('\\', '\\\\')}'::tsquery`,
  );
  const plan = rows[0]?.['QUERY PLAN'];
  const parsed = typeof plan === 'string' ? (JSON.parse(plan) as Exclude<typeof plan, string>) : plan;
  return parsed?.[0]?.Plan['Plan Rows'] ?? 0;
}

/** The best of the candidates after a position. */
async function scored(
  session: Session,
  how: {
    readonly found: string;
    readonly parameters: Parameters;
    readonly after: SearchPosition | undefined;
    readonly limit: number;
    readonly snippet: string;
  },
): Promise<Row[]> {
  const { found, parameters, after, limit, snippet } = how;
  const later = after
    ? `WHERE (c.score, c.issue_id) < (${parameters.add(after.value)}::float8, ${parameters.add(after.id)}::uuid)`
    : '';
  return session.query<Row>(
    `WITH candidates AS MATERIALIZED (${found}), page AS MATERIALIZED (
       SELECT c.* FROM candidates c ${later} ORDER BY c.score DESC, c.issue_id DESC LIMIT ${parameters.add(limit + 1)}
     )
     SELECT ${ISSUE_SELECT}, p.score AS position, p.score, (SELECT count(*) FROM candidates) AS candidates, ${snippet} AS snippet, ${FOUND}
     FROM page p JOIN issues i ON i.id = p.issue_id ORDER BY p.score DESC, p.issue_id DESC`,
    parameters.values,
    LIMITED,
  );
}

/** Of the issue as it is now, so nothing of the evidence. */
function snippetOf(place: string): string {
  return `ts_headline('english', concat_ws(' — ', i.spec->>'title', left(i.spec->>'description', 4000)), ${place},
    'StartSel=**, StopSel=**, MinWords=12, MaxWords=32, MaxFragments=2, FragmentDelimiter=" … "')`;
}

function columnOrder({ sort }: SearchQuery): Order {
  const { by, descending } = sort;
  if (by === 'relevance') return orderOf({ by: 'openedAt', descending: true });
  return orderOf({ by, descending });
}

function narrowed({ filter, namespaces, after }: SearchQuery, order: Order, parameters: Parameters): string[] {
  const where = conditions(filter, namespaces, parameters);
  if (after) where.push(order.after(after, parameters));
  return where.length > 0 ? where : ['true'];
}

function pageOf(rows: readonly Row[], limit: number, match: SearchMatch): SearchPage {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const hits = shown.map(
    (row): SearchHit => ({
      issue: storedIssue(row),
      ...(row.score !== null && { score: row.score }),
      ...(row.snippet !== null && { snippet: row.snippet }),
    }),
  );
  if (!last || last.found <= limit) return { hits, match };
  return { hits, match, next: { value: last.position, id: last.id, match } };
}

function isTimeout(error: unknown): boolean {
  const { cause } = error as { cause?: { code?: string } };
  return cause?.code === '57014';
}
