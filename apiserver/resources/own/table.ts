import type { Body, Feed, FeedContext, Given, Key, Objects } from '../../kube/index.ts';
import { type Listed, PAGE, type Statement, TableSql } from './table-sql.ts';

/** A database that is somebody else's: nothing but SELECT is asked of it. */
export interface TableDatabase extends AsyncDisposable {
  /** PostgreSQL's SQL, with `$1` parameters that are text. */
  query(sql: string, values: readonly string[]): Promise<TableRow[]>;
}

export type TableRow = Readonly<Record<string, unknown>>;

/** Where the rows of `pollTable` are, and what object each of them is. */
export interface TableFeed<T extends Body, O, R extends TableRow = TableRow> {
  /** Opens the database; called at the start and after every failure. `openPostgresql(url)` does for PostgreSQL. */
  connect(context: FeedContext<O>): Promise<TableDatabase> | TableDatabase;
  /** A table or view: `deploys`, `ci.deploys`. */
  readonly table: string;
  /** Columns that name a row for ever: its primary key. Never null. */
  readonly key: readonly string[];
  /**
   * A column whose value rises with every insert and update: a sequence, a `timestamptz` set to now(). It wants an index.
   * A row in which it is NULL is found by the scan only.
   */
  readonly version: string;
  /** The object of a row, or undefined for a row that is not to be seen (`deleted_at` is set). Throws for one that is none. */
  object(row: R, context: FeedContext<O>): Given<T> | undefined;
  /** How often new versions are asked for, ms. Default 1,000. */
  readonly interval?: number;
  /** How long a transaction may stay open after it took its version to be found by the next poll, ms. Default 10,000. */
  readonly overlap?: number;
  /** How often keys and versions of the whole table are compared, ms: how late a deletion may show. Default 60,000. */
  readonly scan?: number;
}

/**
 * A feed that follows a table with a version column (docs/adr/0005). Versions do not commit in order: a transaction takes
 * 7 and stays open, another takes 8 and commits, and whoever then asks for `version > 8` never sees 7. So each poll asks
 * for more than the highest version that had been seen `overlap` before the poll before it. Whatever was committed since
 * that poll and was open for less than `overlap` took its version after that moment, so it is greater. The rest (longer
 * transactions, versions that were not raised, deleted rows) is found by the scan.
 */
export function pollTable<T extends Body, O = Record<string, never>, R extends TableRow = TableRow>(
  table: TableFeed<T, O, R>,
): Feed<T, O> {
  return async (objects, context) => {
    await using database = await table.connect(context);
    const { interval = 1_000, overlap = 10_000, scan = 60_000 } = table;
    const poller = new TablePoller(table as unknown as TableFeed<T, O>, { database, objects, context });
    await poller.start();
    // Transactions that were open when the table was first read are over, if they are not longer than `overlap`.
    let nextScan = context.now() + overlap;
    for (;;) {
      await context.sleep(interval);
      if (context.signal.aborted) return;
      await poller.poll(overlap);
      if (context.now() < nextScan) continue;
      await poller.scan();
      nextScan = context.now() + scan;
    }
  };
}

/** Whole rows at once. */
const ROWS = 200;

interface Known {
  readonly version: string;
  /** Absent for a row that is not to be seen. */
  readonly object: Key | undefined;
}

class TablePoller<T extends Body, O> {
  readonly #table: TableFeed<T, O>;
  readonly #database: TableDatabase;
  readonly #objects: Objects<T>;
  readonly #context: FeedContext<O>;
  readonly #sql: TableSql;
  /** By the row's key. */
  readonly #known = new Map<string, Known>();
  /** By the object's name, the key of the row that it is of. */
  readonly #rows = new Map<string, string>();
  /** What the highest version was when; the oldest first. */
  #marks: { readonly at: number; readonly version: string }[] = [];
  #polledAt = 0;

  constructor(table: TableFeed<T, O>, to: { database: TableDatabase; objects: Objects<T>; context: FeedContext<O> }) {
    this.#table = table;
    this.#database = to.database;
    this.#objects = to.objects;
    this.#context = to.context;
    this.#sql = new TableSql(table);
  }

  /** Reads everything, and deletes what is stored of rows that went while nobody looked. */
  async start(): Promise<void> {
    this.#polledAt = this.#context.now();
    const [highest] = await this.#ask(this.#sql.highest());
    if (typeof highest?.version === 'string' && highest.version !== '')
      this.#marks.push({ at: this.#polledAt, version: highest.version });
    await this.scan();
    await this.#objects.remove((await this.#objects.keys()).filter((key) => !this.#rows.has(nameOf(key))));
    await this.#objects.complete();
  }

  async poll(overlap: number): Promise<void> {
    const at = this.#context.now();
    const oldest = this.#marks.findLastIndex((mark) => mark.at <= this.#polledAt - overlap);
    if (oldest > 0) this.#marks.splice(0, oldest);
    this.#polledAt = at;
    const than = this.#marks[0]?.version;
    let highest = than;
    await this.#compare(
      (after) => this.#sql.newer(than, after),
      (page) => {
        highest = page.findLast(({ version }) => version !== '')?.version ?? highest;
      },
    );
    // Lower than the mark before when its row went: then a little is read twice.
    if (highest !== undefined) this.#marks.push({ at, version: highest });
  }

  /** Finds what a poll cannot: what was committed late, versions that were not raised, and rows that went. */
  async scan(): Promise<void> {
    const gone = new Set(this.#known.keys());
    await this.#compare(
      (after) => this.#sql.all(after),
      (page) => {
        for (const { key } of page) gone.delete(rowOf(key));
      },
    );
    await this.#objects.remove([...gone].flatMap((row) => this.#forget(row) ?? []));
  }

  /** Lists rows page by page, and reads those whose version is not the known one. */
  async #compare(next: (after: Listed | undefined) => Statement, seen: (page: readonly Listed[]) => void) {
    for (let after: Listed | undefined; ; ) {
      const page = (await this.#ask(next(after))).map((row) => this.#sql.read(row));
      if (page.length === 0) return;
      seen(page);
      const changed = page.filter(({ key, version }) => this.#known.get(rowOf(key))?.version !== version);
      for (let from = 0; from < changed.length; from += ROWS) {
        await this.#take(await this.#ask(this.#sql.rows(changed.slice(from, from + ROWS).map(({ key }) => key))));
      }
      if (page.length < PAGE) return;
      after = page.at(-1);
    }
  }

  /** Writes the objects of these rows. */
  async #take(rows: readonly TableRow[]): Promise<void> {
    const put: Given<T>[] = [];
    const left: Key[] = [];
    for (const { key, version, row } of rows.map((one) => this.#sql.read(one))) {
      const id = rowOf(key);
      const before = this.#known.get(id)?.object;
      const given = this.#objectOf(row, id);
      if (given === 'none') {
        this.#known.set(id, { version, object: before });
        continue;
      }
      this.#forget(id);
      const object = given && { namespace: given.metadata.namespace ?? '', name: given.metadata.name };
      this.#known.set(id, { version, object });
      if (before) left.push(before);
      if (given && object) {
        this.#own(object, id);
        put.push(given);
      }
    }
    await this.#objects.remove(left.filter((key) => !this.#rows.has(nameOf(key))));
    await this.#objects.put(put);
  }

  /** What the row is: an object, nothing to be seen, or none that can be understood, which leaves what it was. */
  #objectOf(row: TableRow, id: string): Given<T> | undefined | 'none' {
    try {
      const given = this.#table.object(row, this.#context);
      if (given !== undefined && typeof given?.metadata?.name !== 'string') throw new Error('it has no metadata.name');
      return given;
    } catch (error) {
      const { table } = this.#table;
      this.#context.logger.warn({ table, row: id, error }, 'a row of a table is no object: it is left out');
      return 'none';
    }
  }

  /** The object is this row's from now on. Of two rows that are one object the one that was written last is shown. */
  #own(object: Key, id: string): void {
    const other = this.#rows.get(nameOf(object));
    this.#rows.set(nameOf(object), id);
    if (other === undefined) return;
    this.#known.set(other, { version: this.#known.get(other)?.version ?? '', object: undefined });
    const { table } = this.#table;
    this.#context.logger.warn({ table, row: id, other, object }, 'a row of a table is the object that another row was');
  }

  /** The object that the row was. */
  #forget(id: string): Key | undefined {
    const object = this.#known.get(id)?.object;
    this.#known.delete(id);
    if (object) this.#rows.delete(nameOf(object));
    return object;
  }

  #ask({ sql, values }: Statement): Promise<TableRow[]> {
    return this.#database.query(sql, values);
  }
}

function rowOf(key: readonly string[]): string {
  return JSON.stringify(key);
}

function nameOf({ namespace, name }: Key): string {
  return `${namespace}/${name}`;
}
