import { LABELS } from '../../crds/names.ts';
import type { GetOptions } from '../commands/get.ts';
import { momentOf } from '../commands/reading.ts';
import { EXIT } from '../exit.ts';
import type { Streams } from '../streams.ts';
import { Asker } from './ask.ts';
import { connectToRead } from './connect.ts';
import { type ListQuery, listPages, type Page, type Row, readIssue } from './issues.ts';
import { matcherOf } from './match-text.ts';
import { eachNamed, explainMissing, type MissingIssue, requireAll } from './missing.ts';
import { printerOf } from './print/choose.ts';
import type { Printer } from './print/printer.ts';
import { type Selection, selectionOf } from './select.ts';
import type { Order } from './sort.ts';
import { followWatch } from './watch.ts';

/**
 * `faultline get`: answers the exit code. Throws a Failure of one line for what is wrong with the kubeconfig or what the
 * server said. `now`: ms since 1970.
 */
export async function runGet(options: GetOptions, streams: Streams, now = Date.now): Promise<number> {
  const printer = await printerOf(options, streams);
  const order = options.sortBy === undefined ? undefined : (await import('./sort.ts')).orderOf(options.sortBy);
  const connection = await connectToRead(options, streams);
  await using asker = new Asker(connection, streams.signal);
  const me = options.filters.mine ? await whoAmI(asker) : undefined;
  const namespace = options.allNamespaces ? undefined : (options.namespace ?? connection.namespace ?? 'default');
  const at = options.asOf === undefined ? now() : (momentOf(options.asOf, now()) ?? now());
  const selection = withWords(selectionOf(options, me, at), options);
  const objects = printer.objects || selection.keeps !== undefined || order !== undefined;
  const query: ListQuery = {
    ...selection,
    namespace,
    asOf: options.asOf,
    search: options.asOf === undefined ? options.search : undefined,
    table: printer.table,
    ...(!objects && { streamed: { slice: 500 } }),
    objects,
  };
  const seen = new Seen(printer, selection, order, options.watch ? options.filters.state : undefined, options.limit);
  let resourceVersion = '';
  if (options.names.length > 0 && !options.watch) {
    const missing = await readNamed(asker, options.names, query, seen);
    if (seen.count > 0) seen.end();
    if (!options.ignoreNotFound) requireAll(missing);
    return options.exitCode && seen.isCritical ? EXIT.found : EXIT.ok;
  }
  seen.isMute = options.watchOnly ?? false;
  resourceVersion = await readAll(listPages(asker, query), seen);
  if (options.watch && options.names[0] !== undefined && seen.count === 0) {
    requireAll(await readNamed(asker, options.names, query, seen)); // that there is none is told at once
  }
  seen.end();
  seen.isMute = false;
  if (seen.count === 0 && !options.watchOnly) {
    streams.err.write(`${nothingIn(options, namespace)}\n`);
    const { unknownWords } = await import('./unknown-words.ts');
    for (const line of await unknownWords(asker, options.filters, query)) streams.err.write(`${line}\n`);
  }
  if (options.watch) {
    // The server would show what resolves as it was before: the state is looked at here.
    const { labelSelector } = selectionOf({ ...options, filters: { ...options.filters, state: [] } }, me, at);
    const changes = {
      isMute: options.watchOnly ?? false,
      page: (page: Page) => seen.changed(page),
      listed: (page: Page) => seen.listedAgain(page, options.watchOnly ?? false),
    };
    await followWatch(asker, { ...query, labelSelector }, resourceVersion, changes, streams);
  }
  return options.exitCode && seen.isCritical ? EXIT.found : EXIT.ok;
}

/** The words of a search in the past, where no index knows them. */
function withWords(selection: Selection, { search, asOf }: GetOptions): Selection {
  if (search === undefined || asOf === undefined) return selection;
  const [has, keeps] = [matcherOf(search), selection.keeps];
  return { ...selection, keeps: keeps === undefined ? has : (issue) => keeps(issue) && has(issue) };
}

/** What was read goes through the filters that are ours, then into the order that was asked for, then to the printer. */
class Seen {
  count = 0;
  isCritical = false;
  /** What is there is known, and not shown. */
  isMute = false;
  readonly #printer: Printer;
  readonly #keeps: Selection['keeps'];
  readonly #order: Order | undefined;
  /** Undefined when nothing is watched: then nobody asks what was shown. */
  readonly #states: readonly string[] | undefined;
  readonly #shown = new Set<string>();
  readonly #limit: number;
  #waiting: Row[] = [];
  #columns: Page['columns'];

  constructor(
    printer: Printer,
    { keeps }: Selection,
    order: Order | undefined,
    states: readonly string[] | undefined,
    limit = Number.POSITIVE_INFINITY,
  ) {
    this.#limit = limit;
    this.#states = states;
    this.#printer = printer;
    this.#keeps = keeps;
    this.#order = order;
  }

  page({ columns, rows }: Page): void {
    const keeps = this.#keeps;
    const matching = keeps === undefined ? rows : rows.filter(({ object }) => keeps(object));
    // What is put in order is cut when the order is known.
    const kept = this.#order === undefined ? matching.slice(0, Math.max(0, this.#limit - this.count)) : matching;
    this.count += kept.length;
    this.isCritical ||= kept.some(({ object: { metadata } }) => isOpenAndCritical(metadata.labels));
    if (this.#states !== undefined) for (const row of kept) this.#shown.add(keyOf(row));
    if (this.#order === undefined) {
      // Also where nothing is shown: a watch says what its columns are only once, and that may be in a bookmark.
      this.#printer.page({ columns, rows: this.isMute ? [] : kept });
    } else {
      this.#columns = columns;
      for (const row of kept) this.#waiting.push(row);
    }
  }

  /** Of a watch: what has one of the states, and what had it before, once more. */
  changed({ columns, rows }: Page): void {
    const shown = rows.filter((row) => this.#isWanted(row) || this.#shown.has(keyOf(row)));
    this.page({ columns, rows: shown });
    for (const row of shown) if (!this.#isWanted(row)) this.#shown.delete(keyOf(row));
  }

  /** After a 410: what is there now, as at the beginning. */
  listedAgain(page: Page, isMute: boolean): void {
    this.isMute = isMute;
    this.changed(page);
    this.isMute = false;
  }

  #isWanted({ object: { metadata } }: Row): boolean {
    const states = this.#states ?? [];
    return states.length === 0 || states.includes(metadata.labels?.[LABELS.state] ?? '');
  }

  end(): void {
    if (this.#order !== undefined) {
      this.#printer.page({ columns: this.#columns, rows: this.#order(this.#waiting).slice(0, this.#limit) });
    }
    if (!this.isMute) this.#printer.end();
  }
}

function keyOf({ object: { metadata } }: Row): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function isOpenAndCritical(labels: Readonly<Record<string, string>> = {}): boolean {
  return labels[LABELS.severity] === 'critical' && labels[LABELS.state] === 'Active';
}

async function readAll(pages: AsyncGenerator<Page, string>, seen: Seen): Promise<string> {
  for (;;) {
    const { done, value } = await pages.next();
    if (done) return value;
    seen.page(value);
  }
}

/** Answers those that are not there. */
async function readNamed(
  asker: Asker,
  names: readonly string[],
  query: ListQuery,
  seen: Seen,
): Promise<MissingIssue[]> {
  const rows: Row[] = [];
  let columns: Page['columns'];
  const missing = await eachNamed(names, async (name) => {
    const page = await readIssue(asker, name, query).catch(async (error: unknown) => {
      throw await explainMissing(error, asker, name, query.namespace, query.asOf);
    });
    columns = page.columns;
    rows.push(...page.rows);
  });
  seen.page({ columns, rows });
  return missing;
}

async function whoAmI(asker: Asker): Promise<string | undefined> {
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  const { body } = await asker.json<{ status?: { userInfo?: { username?: string } } }>(
    '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    { body: review },
  );
  return body.status?.userInfo?.username;
}

/** What was asked for and is not there; where only the namespace was, that there may be some elsewhere. */
function nothingIn({ filters, names, asOf, ...asked }: GetOptions, namespace: string | undefined): string {
  const { state, ...others } = filters;
  const states = state.length === 0 || names.length > 0 ? '' : `${state.join(' or ')} `;
  const where = namespace === undefined ? 'in any namespace' : `in namespace ${namespace}`;
  const when = asOf === undefined ? '' : ' at that time';
  const isChosen = (value: unknown): boolean => (Array.isArray(value) ? value.length > 0 : Boolean(value));
  const isFiltered =
    [asked.selector, asked.fieldSelector, asked.search].some(isChosen) || Object.values(others).some(isChosen);
  // Who named the namespace knows which it is.
  const isNamed = namespace === undefined || names.length > 0 || (isFiltered && asked.namespace !== undefined);
  const elsewhere = isNamed ? '' : ' (of all namespaces: -A)';
  if (isFiltered) return `No ${states}issues ${where}${when} match what was asked for${elsewhere}.`;
  return `No ${states}issues ${where}${when}${elsewhere}.`;
}
