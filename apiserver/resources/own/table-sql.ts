/** A row as a list of the table names it: all as text, which PostgreSQL reads as what the column is. */
export interface Listed {
  readonly key: readonly string[];
  /** '' for NULL. */
  readonly version: string;
}

export interface Statement {
  readonly sql: string;
  readonly values: readonly string[];
}

/** Names a page of the table. */
export const PAGE = 10_000;

/** What is asked of a table with a version column: reads only, each of them by key or by version. */
export class TableSql {
  readonly #from: string;
  readonly #key: readonly string[];
  readonly #version: string;
  readonly #listed: string;

  constructor({ table, key, version }: { table: string; key: readonly string[]; version: string }) {
    this.#from = table.split('.').map(quoted).join('.');
    this.#key = key.map(quoted);
    this.#version = quoted(version);
    const keys = this.#key.map((column, index) => `${column}::text AS ${quoted(keyName(index))}`);
    this.#listed = [`${this.#version}::text AS ${quoted(VERSION)}`, ...keys].join(', ');
  }

  /** One row: the highest version as `version`, or null. */
  highest(): Statement {
    return { sql: `SELECT max(${this.#version})::text AS version FROM ${this.#from}`, values: [] };
  }

  /**
   * The next page of the rows with a version above `than`, by version; of all that have one where it is undefined. NULL is
   * above nothing, and cannot be gone on from.
   */
  newer(than: string | undefined, after: Listed | undefined): Statement {
    const order = [this.#version, ...this.#key];
    const versioned = `${this.#version} IS NOT NULL`;
    if (after) return this.#page(order, [after.version, ...after.key], versioned);
    return this.#page(order, than === undefined ? [] : [than], versioned);
  }

  /** The next page of all rows, by key. */
  all(after: Listed | undefined): Statement {
    return this.#page(this.#key, after?.key ?? []);
  }

  /** The whole rows with these keys. */
  rows(keys: readonly (readonly string[])[]): Statement {
    const width = this.#key.length;
    const places = keys.map((_, row) => `(${this.#key.map((_, column) => `$${row * width + column + 1}`).join(', ')})`);
    const where = `(${this.#key.join(', ')}) IN (${places.join(', ')})`;
    return { sql: `SELECT *, ${this.#listed} FROM ${this.#from} WHERE ${where}`, values: keys.flat() };
  }

  /** What lists of the table say of a row, and the row as its owner knows it. */
  read(row: Readonly<Record<string, unknown>>): Listed & { readonly row: Readonly<Record<string, unknown>> } {
    const own = Object.entries(row).filter(([column]) => column !== VERSION && !column.startsWith(KEY));
    return {
      key: this.#key.map((_, index) => String(row[keyName(index)])),
      version: String(row[VERSION] ?? ''),
      row: Object.fromEntries(own),
    };
  }

  /** Rows after the values of the first columns of `order`. */
  #page(order: readonly string[], after: readonly string[], condition?: string): Statement {
    const columns = order.slice(0, after.length).join(', ');
    const values = after.map((_, index) => `$${index + 1}`).join(', ');
    const conditions = [...(condition ? [condition] : []), ...(after.length > 0 ? [`(${columns}) > (${values})`] : [])];
    const where = conditions.length > 0 ? ` WHERE ${conditions.join(' AND ')}` : '';
    const sql = `SELECT ${this.#listed} FROM ${this.#from}${where} ORDER BY ${order.join(', ')} LIMIT ${PAGE}`;
    return { sql, values: after };
  }
}

const VERSION = 'faultline:version';
const KEY = 'faultline:key';

function keyName(index: number): string {
  return `${KEY}${index}`;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
