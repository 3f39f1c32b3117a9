import type { Issue } from '../../crds/issue.ts';
import { API_VERSION } from '../../crds/names.ts';
import { Failure } from '../exit.ts';
import type { Asker } from './ask.ts';
import { noJson, Refusal, whereIs } from './fault.ts';

/** The lists and objects of the Kubernetes API, as pages of rows. */

export interface ColumnDefinition {
  readonly name: string;
  readonly priority?: number;
}

export interface Row {
  /** Of the server's Table; empty when objects were asked for. */
  readonly cells: readonly unknown[];
  /** Its metadata at least; the whole issue when it was asked for. */
  readonly object: Issue;
}

export interface Page {
  /** Undefined where they are as before: in a watch. */
  readonly columns: readonly ColumnDefinition[] | undefined;
  readonly rows: readonly Row[];
  /** There are more behind it; of a list that is read page by page. */
  readonly continues?: true;
}

/** What to list: a namespace or all, selected, then or now, as a Table or as objects. */
export interface ListQuery {
  /** Default: issues. */
  readonly resource?: 'issuegroups';
  /** Undefined: all. */
  readonly namespace: string | undefined;
  readonly labelSelector: string;
  readonly fieldSelector: string;
  readonly asOf: string | undefined;
  /** Words that it has; undefined: any. */
  readonly search?: string | undefined;
  readonly table: boolean;
  /** With a Table: the whole objects, too. */
  readonly objects: boolean;
  /** As it arrives, where what was asked for is a Table of now. */
  readonly streamed?: Streaming;
}

/** How a list is read while it arrives, in numbers of rows. */
export interface Streaming {
  /** Told at once: the first of a page may be fewer. */
  readonly slice: number;
  /** Asked for first, for who waits to see something; default: as many as are asked for at once. */
  readonly first?: number;
}

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
/** As kubectl's: the first page is there in a blink, and larger ones cost memory. */
const PAGE = 500;
/**
 * What is read while it arrives costs no memory: twenty round trips through an aggregator take longer than ten thousand rows
 * in one. More at once would be one long answer that nobody can resume.
 */
const STREAMED = 10_000;
/** Whole issues are three times as long. */
const STREAMED_OBJECTS = 4_000;

export function issuesPath(namespace: string | undefined, name?: string): string {
  const where = namespace === undefined ? '' : `/namespaces/${namespace}`;
  return `/apis/${API_VERSION}${where}/issues${name === undefined ? '' : `/${name}`}`;
}

function pathOf({ resource, namespace }: ListQuery, name?: string): string {
  if (resource === undefined) return issuesPath(namespace, name);
  return `/apis/${API_VERSION}/${resource}${name === undefined ? '' : `/${name}`}`;
}

interface Listed {
  readonly kind?: string;
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly columnDefinitions?: readonly ColumnDefinition[];
  readonly rows?: readonly Row[];
  readonly items?: readonly Issue[];
}

/**
 * Pages as they come; answers the resourceVersion of the list. The next page is asked for while the one before is shown.
 * A page that expires meanwhile goes on as things are now.
 */
export async function* listPages(asker: Asker, query: ListQuery): AsyncGenerator<Page, string> {
  // The past and the index of words are read from the database, page by page.
  const isOfNow = query.asOf === undefined && query.search === undefined;
  if (query.streamed && isOfNow && query.table) return yield* listSlices(asker, query, query.streamed);
  const ask = (page?: string): Promise<Listed> => {
    const more = { limit: String(PAGE), ...(page !== undefined && { continue: page }) };
    const asked = read<Listed>(asker, `${pathOf(query)}?${parameters(query, more)}`, query);
    // Whoever has seen enough does not wait for it.
    asked.catch(() => {});
    return asked;
  };
  let next: Promise<Listed> | undefined = ask();
  let resourceVersion = '';
  while (next !== undefined) {
    const body: Listed = await next;
    resourceVersion = body.metadata?.resourceVersion ?? '';
    const page = body.metadata?.continue || undefined;
    next = page === undefined ? undefined : ask(page);
    yield { ...pageOf(body, asker), ...(next !== undefined && { continues: true }) };
  }
  return resourceVersion;
}

async function* listSlices(
  asker: Asker,
  query: ListQuery,
  { slice: most, first }: Streaming,
): AsyncGenerator<Page, string> {
  const { tableSlices } = await import('./table-slices.ts');
  const atOnce = query.objects ? STREAMED_OBJECTS : STREAMED;
  let limit = first ?? atOnce;
  let resourceVersion = '';
  let page: string | undefined;
  do {
    const more = { limit: String(limit), ...(page !== undefined && { continue: page }) };
    limit = atOnce;
    const response = await asker.open(`${pathOf(query)}?${parameters(query, more)}`, { accept: TABLE });
    try {
      for await (const slice of tableSlices(asker.chunks(response), most)) {
        resourceVersion = slice.metadata?.resourceVersion ?? '';
        page = slice.metadata?.continue || undefined;
        yield pageOf(slice, asker);
      }
    } catch (error) {
      throw error instanceof SyntaxError ? noJson(asker.connection) : error;
    }
  } while (page !== undefined);
  return resourceVersion;
}

/** One issue, as a page of one row. Rejects with a Refusal whose status is 404 when there is none. */
export async function readIssue(asker: Asker, name: string, query: ListQuery): Promise<Page> {
  const rest = parameters({ ...query, labelSelector: '', fieldSelector: '' }, {});
  return pageOf(await read(asker, `${pathOf(query, name)}?${rest}`, query), asker);
}

async function read<T>(asker: Asker, path: string, query: ListQuery): Promise<T> {
  const { body, warning } = await asker.json<T>(path, query.table ? { accept: TABLE } : {});
  // A server that does not know of the past answers with the present.
  if (query.asOf !== undefined && !warning?.includes(' as of ')) {
    throw new Failure(`${whereIs(asker.connection)} does not know --as-of: its Faultline is older than this command`);
  }
  return body;
}

/** The query of a list or a watch. */
export function parameters(query: ListQuery, more: Readonly<Record<string, string>>): string {
  const given = {
    ...(query.labelSelector !== '' && { labelSelector: query.labelSelector }),
    ...(query.fieldSelector !== '' && { fieldSelector: query.fieldSelector }),
    ...(query.asOf !== undefined && { asOf: query.asOf }),
    ...(query.search !== undefined && { search: query.search }),
    ...(query.table && { includeObject: query.objects ? 'Object' : 'Metadata' }),
    ...more,
  };
  return new URLSearchParams(given).toString();
}

function pageOf(body: Listed, asker: Asker): Page {
  if (body.kind === 'Table') return { columns: body.columnDefinitions ?? [], rows: body.rows ?? [] };
  const [, kind, list] = /^(Issue|IssueGroup)(List)?$/.exec(body.kind ?? '') ?? [];
  if (kind !== undefined) {
    const objects = list === undefined ? [body as unknown as Issue] : (body.items ?? []);
    return { columns: [], rows: objects.map((object) => rowOf(object, kind)) };
  }
  throw new Failure(`${whereIs(asker.connection)} answered something else than issues: ${body.kind ?? 'no object'}`);
}

function rowOf(object: Issue, kind: string): Row {
  return { cells: [], object: { ...object, kind: kind as 'Issue', apiVersion: API_VERSION } };
}

/** Lines of a watch, each an event. Ends when the server ends it. `opened`: the server has begun to answer. */
export async function* watchRows(
  asker: Asker,
  query: ListQuery,
  resourceVersion: string,
  opened?: () => void,
): AsyncGenerator<{ readonly type: string; readonly page: Page; readonly resourceVersion: string | undefined }> {
  const path = `${pathOf(query)}?${parameters(query, {
    ...{ watch: 'true', allowWatchBookmarks: 'true', resourceVersion },
  })}`;
  const response = await asker.open(path, { ...(query.table && { accept: TABLE }), silent: true });
  opened?.();
  response.setEncoding('utf8');
  let rest = '';
  for await (const chunk of response) {
    const lines = (rest + (chunk as string)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line !== '') yield eventOf(line, asker);
    }
  }
}

function eventOf(line: string, asker: Asker) {
  const { type, object } = JSON.parse(line) as { type: string; object: Listed & { code?: number; message?: string } };
  if (type === 'ERROR') {
    throw new Refusal(object.message ?? 'the watch failed', object.code ?? 500, undefined, undefined);
  }
  const number = object.rows?.at(-1)?.object.metadata.resourceVersion ?? object.metadata?.resourceVersion;
  const page = type === 'BOOKMARK' ? { columns: undefined, rows: [] } : pageOf(object, asker);
  // Only the first event of a Table names its columns.
  const columns = page.columns?.length === 0 ? undefined : page.columns;
  return { type, page: { ...page, columns }, resourceVersion: number };
}
