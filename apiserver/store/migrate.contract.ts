import { readFile } from 'node:fs/promises';
import { goldenSchema } from '../../migrations/golden-schema.contract.ts';
import type { Database } from './database.ts';

/** The text that `migrations/schema.sql` holds, and the schema of a migrated database in the same form. */
export async function compareWithGolden(database: Database): Promise<{ golden: string; actual: string }> {
  const golden = await readFile(new URL('../../migrations/schema.sql', import.meta.url), 'utf8');
  return { golden, actual: await database.withKnex(goldenSchema) };
}
