/** Rows of somebody else's database, read only. Structurally the `TableDatabase` of `pollTable`. */
export interface ForeignDatabase extends AsyncDisposable {
  query(sql: string, values: readonly string[]): Promise<Record<string, unknown>[]>;
}

export interface ForeignDatabaseOptions {
  /** How long one statement may take, ms. Default 30,000. */
  readonly statementTimeout?: number;
}

/**
 * One connection to a PostgreSQL of any version still supported, on which every transaction is read-only and no statement
 * takes longer than 30 s. `url` is `postgres://user:password@host/database`. Rejects with one line that names the host,
 * never the password.
 */
export async function openPostgresql(url: string, options: ForeignDatabaseOptions = {}): Promise<ForeignDatabase> {
  // pg is only loaded where a resource wants it.
  const { default: pg } = await import('pg');
  const { statementTimeout = 30_000 } = options;
  const client = new pg.Client({
    connectionString: url.trim(),
    application_name: 'faultline',
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    options: `-c default_transaction_read_only=on -c statement_timeout=${statementTimeout}`,
    query_timeout: statementTimeout + 5_000,
  });
  // Without a listener the error of an idle connection would end the process; the next query tells it.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    throw new Error(`cannot connect to PostgreSQL at ${client.host}:${client.port}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  return {
    query: async (sql, values) => (await client.query(sql, [...values])).rows,
    [Symbol.asyncDispose]: () => client.end().catch(() => undefined),
  };
}
