import { CommitRefused, StoreUnavailable } from './store.ts';

/** The state belongs to another cluster: serving it would show one cluster's issues as another's. */
export class ForeignState extends Error {
  override readonly name = 'ForeignState';
  readonly stored: string;
  readonly expected: string;

  constructor(stored: string, expected: string) {
    super(
      `this database holds the issues of cluster ${stored}, not of ${expected}: ` +
        'choose another state folder or database, or the kubeconfig context that belongs to this one',
    );
    this.stored = stored;
    this.expected = expected;
  }
}

/** The database, or a backup of one, was migrated by a newer program. */
export class NewerSchema extends Error {
  override readonly name = 'NewerSchema';

  constructor(stored: number, known: number, where: 'database' | 'backup' = 'database') {
    super(
      `the ${where} has schema version ${stored}, this faultline knows ${known}: ` +
        (where === 'database'
          ? 'start the newer faultline again, or restore a backup from before its upgrade'
          : 'restore it with the newer faultline'),
    );
  }
}

/** The five characters of SQLSTATE, or undefined when the error does not come from the database's answer. */
export function sqlState(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !code.startsWith('E') ? code : undefined;
}

// Data errors: the content can never be stored. 54000 is "index row size exceeds", for example.
const CONTENT = /^(21|22|23|54)/;
// Connection, resources, deadlock or serialisation, read-only after a failover, timeouts, shutdown, and a server that
// refuses us (no such database, no right): all of them end without our doing.
const UNAVAILABLE = /^(08|25P0[234]|25006|28|3D|40|42501|53|55P03|57|58)/;

/** Translates what a driver threw. An error that is neither is a fault of ours and is passed on as it is. */
export function storeError(error: unknown): unknown {
  const state = sqlState(error);
  const message = error instanceof Error ? error.message : String(error);
  if (state === undefined || UNAVAILABLE.test(state)) {
    return new StoreUnavailable(`the database is not available: ${message || String(error)}`, { cause: error });
  }
  if (CONTENT.test(state)) return new CommitRefused(`the database refused the content: ${message}`, { cause: error });
  return error;
}

/** True when the connection is of no further use, whatever the pool thinks. */
export function breaksConnection(error: unknown): boolean {
  const state = sqlState(error);
  return state === undefined || /^(08|25P03|25P04|57P0[1-5])/.test(state);
}
