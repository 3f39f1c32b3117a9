import type { MigrationFile } from './files.ts';

/**
 * Why servers of the version before could not go on while, and after, this file runs (docs/upgrade.md). Reads statements as
 * text: what it does not know is a fault, too, so that somebody looks.
 */
export function phaseFaults({ name, statements, phase, inTransaction }: MigrationFile): string[] {
  const made = new Set(statements.flatMap((statement) => CREATED.exec(statement)?.[1] ?? []));
  const faults = statements.flatMap((statement) => {
    const [head] = statement.split('\n');
    const why = faultOf(statement, made);
    return why === undefined ? [] : [`${name}: ${why}: ${head}`];
  });
  const contracts = statements.filter((statement) => DESTRUCTIVE.test(statement));
  if (phase === 'expand') {
    faults.push(
      ...contracts.map(
        (statement) => `${name}: takes something away, without "-- contract: <who no longer uses it>": ${statement}`,
      ),
    );
  } else if (contracts.length === 0) faults.push(`${name}: says that it contracts, and takes nothing away`);
  if (!inTransaction && statements.length > 1)
    faults.push(`${name}: CONCURRENTLY runs outside of a transaction: one statement a file`);
  return faults;
}

const CREATED = /^CREATE TABLE (?:IF NOT EXISTS )?(\w+)/i;
const DESTRUCTIVE =
  /^(DROP|TRUNCATE|DELETE|UPDATE)\b|^ALTER TABLE[\s\S]*?\b(DROP|RENAME|SET NOT NULL|TYPE|SET SCHEMA)\b/i;
const KNOWN = /^(CREATE (UNIQUE )?(TABLE|INDEX|EXTENSION)|ALTER TABLE|DROP|TRUNCATE|DELETE|UPDATE|INSERT)\b/i;

function faultOf(statement: string, made: ReadonlySet<string>): string | undefined {
  if (!KNOWN.test(statement)) return 'a statement that phases.contract.ts does not know';
  const index = /^CREATE (?:UNIQUE )?INDEX (CONCURRENTLY )?(?:IF NOT EXISTS )?\w+ ON (?:ONLY )?(\w+)/i.exec(statement);
  if (index && !index[1] && !made.has(index[2] ?? '')) {
    return 'an index on a table that is in use stops its writers: CREATE INDEX CONCURRENTLY';
  }
  const altered = /^ALTER TABLE (?:IF EXISTS )?(?:ONLY )?(\w+)/i.exec(statement)?.[1];
  if (altered === undefined || made.has(altered)) return undefined;
  for (const column of statement.split(/\bADD COLUMN\b/i).slice(1)) {
    const [definition = ''] = column.split(/,\s*(?=ADD\b|ALTER\b|DROP\b)/i);
    if (/\bNOT NULL\b/i.test(definition) && !/\bDEFAULT\b/i.test(definition)) {
      return 'a column that is NOT NULL without a default refuses the rows of the version before';
    }
  }
  if (/\bADD CONSTRAINT\b/i.test(statement) && !/\bNOT VALID\b/i.test(statement)) {
    return 'a constraint that is checked at once reads the whole table under a lock: NOT VALID';
  }
  return undefined;
}
