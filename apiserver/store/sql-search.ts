import type { Database, Session } from './database.ts';
import { ISSUE_SELECT, type IssueRow, storedIssue } from './issue-row.ts';
import type { IssueSearch, Scope, SearchHit, SearchMatch, SearchPage, SearchPosition, SearchQuery } from './search.ts';
import { ALL_MARKED } from './search-index.ts';
import { type Asked, columnOrder, findMatches, LIMITS, type Limits, type Matches } from './search-matches.ts';
import { conditions, LIMITED, type Order, Parameters, plainWords, TIMEOUT_MS } from './search-sql.ts';

/** The port `IssueSearch` in SQL. What a text matches is found in `search-matches.ts`. */
export class SqlIssueSearch implements IssueSearch {
  readonly #database: Database;
  readonly #limits: Limits;

  constructor(database: Database, limits: Limits = LIMITS) {
    this.#database = database;
    this.#limits = limits;
  }

  async search(query: SearchQuery): Promise<SearchPage> {
    const { text, after } = query;
    if (text === undefined) return this.#in(BEGIN, (session) => this.#filtered(session, query));
    if (after?.match !== 'similar') {
      const page = await this.#in(BEGIN, (session) => this.#matching(session, query, text));
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

  /**
   * Without a text. A page that many issues belong to is full after a short walk; for others the inverted index is asked,
   * which knows those that have all that is asked for.
   */
  async #filtered(session: Session, query: SearchQuery): Promise<SearchPage> {
    const byTime = query.sort.by === 'openedAt';
    if (byTime) {
      const page = await filtered(session, query, this.#limits.walked);
      if (page.next) return page;
    }
    const [asked] = await session.query<Asked>(ASKED, ['']);
    const matches = asked && (await findMatches(session, query, { asked, limits: this.#limits }));
    return matches ? pageOfMatches(session, query, { words: '', ...matches }) : filtered(session, query);
  }

  /** With a text whose words are there. */
  async #matching(session: Session, query: SearchQuery, text: string): Promise<SearchPage> {
    const [asked] = await session.query<Asked>(ASKED, [text]);
    if (!asked || asked.words === '') return { hits: [], match: 'words' };
    const matches = await findMatches(session, query, { asked, limits: this.#limits });
    return pageOfMatches(session, query, { words: asked.words, found: [], ...matches });
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

/** What looks like a text, that is ranked. */
const RANKED = 1_000;
const MOST_NAMES = 10_000;
// What the store sets for its own statements, which name rows, is wrong for these: they choose among many.
const PLANNER = `SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL enable_hashjoin = on; SET LOCAL enable_seqscan = on;
SET LOCAL random_page_cost = 1.1`;
const BEGIN = `BEGIN READ ONLY; SET LOCAL statement_timeout = '${TIMEOUT_MS}ms'; ${PLANNER}`;
const BEGIN_ALIKE = `BEGIN READ ONLY; SET LOCAL statement_timeout = '400ms'; ${PLANNER};
SET LOCAL pg_trgm.word_similarity_threshold = 0.5`;

/** The last word may be a beginning, but for one that is left out. A text of nothing but stop words matches nothing. */
const TS_QUERY = (place: string): string => `(
  SELECT CASE WHEN w.query::text = '' OR w.query::text LIKE '%)' OR w.query::text ~ '!''[^'']*''$' THEN w.query ELSE (w.query::text || ':*')::tsquery END
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
  /** Rows of the page in the index; an issue that went meanwhile is in it and nowhere else. */
  found: number;
}

const FOUND = '(SELECT count(*) FROM page) AS found';

/** By the columns alone, among all or only so many from the end at which the page begins. */
async function filtered(session: Session, query: SearchQuery, walked?: number): Promise<SearchPage> {
  const parameters = new Parameters();
  const order = columnOrder(query);
  const [first, rest] = walked === undefined ? [query, NO_MORE] : inOrderOfTime(query);
  const where = narrowed({ ...query, ...first }, order, parameters);
  const among =
    walked === undefined
      ? `issue_index x WHERE ${where.join(' AND ')}`
      : `(SELECT x.* FROM issue_index x WHERE ${where.join(' AND ')} ORDER BY ${order.by} LIMIT ${walked}) x
         WHERE ${['true', ...conditions(rest.filter, rest.namespaces, parameters)].join(' AND ')}`;
  const rows = await session.query<Row>(
    `WITH page AS MATERIALIZED (
       SELECT x.issue_id, ${order.value} AS position, row_number() OVER () AS place FROM (
         SELECT x.* FROM ${among} ORDER BY ${order.by} LIMIT ${parameters.add(query.limit + 1)}
       ) x
     )
     SELECT ${ISSUE_SELECT}, p.position, NULL AS score, NULL AS snippet, ${FOUND} FROM page p JOIN issues i ON i.id = p.issue_id
     ORDER BY p.place`,
    parameters.values,
    LIMITED,
  );
  return pageOf(rows, query.limit, 'words');
}

type Narrowing = Pick<SearchQuery, 'filter' | 'namespaces'>;
const NO_MORE: Narrowing = { filter: {}, namespaces: 'all' };

/** What an index finds in the order of time, and what is left. */
function inOrderOfTime({ filter, namespaces }: SearchQuery): [Narrowing, Narrowing] {
  const { states, subjects, groups, assignees, openedSince, openedBefore, ...others } = filter;
  const found = { states, subjects, groups, assignees, openedSince, openedBefore };
  if (namespaces.length === 1)
    return [
      { filter: found, namespaces },
      { filter: others, namespaces: 'all' },
    ];
  return [
    { filter: found, namespaces: 'all' },
    { filter: others, namespaces },
  ];
}

async function pageOfMatches(
  session: Session,
  { limit }: SearchQuery,
  { words, found, ranked }: Matches & { readonly words: string },
): Promise<SearchPage> {
  if (found.length === 0) return { hits: [], match: 'words' };
  const shown = found.slice(0, limit);
  const rows = await session.query<Row>(
    `SELECT ${ISSUE_SELECT}, NULL AS position, NULL AS score, ${(words && snippetOf('$2::tsquery')) || '$2::text'} AS snippet,
       ${found.length} AS found
     FROM unnest($1::uuid[]) WITH ORDINALITY AS p (id, place) JOIN issues i ON i.id = p.id ORDER BY p.place`,
    [shown.map(({ id }) => id), words || null],
    LIMITED,
  );
  const places = new Map(shown.map((each) => [each.id, each]));
  const placed = rows.map((row) => ({ ...row, score: null, ...places.get(row.id) }) as Row);
  return { ...pageOf(placed, limit, 'words'), ...(ranked !== undefined && { ranked }) };
}

const ASKED = `SELECT ${TS_QUERY('$1')}::text AS words, ${ALL_MARKED} AS marked,
  coalesce((SELECT date_part('epoch', min(opened_at)) FROM issue_index), 0) AS oldest,
  coalesce((SELECT date_part('epoch', max(opened_at)) FROM issue_index), 0) AS newest`;

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
     SELECT ${ISSUE_SELECT}, p.score AS position, p.score, ${snippet} AS snippet, ${FOUND}
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
