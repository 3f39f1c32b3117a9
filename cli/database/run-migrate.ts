import { NewerSchema } from '../../apiserver/store/errors.ts';
import { openSchema, type Schema, type SchemaState } from '../../apiserver/store/open-schema.ts';
import type { MigrationFile } from '../../migrations/index.ts';
import type { MigrateOptions } from '../commands/migrate.ts';
import { EXIT } from '../exit.ts';
import type { Streams } from '../streams.ts';
import { openChosenDatabase } from './choose-database.ts';

/** `faultline migrate`. */
export async function runMigrate({ action, database, exitCode }: MigrateOptions, streams: Streams): Promise<number> {
  await using closing = new AsyncDisposableStack();
  const schema = closing.use(await openSchema(await openChosenDatabase(database, { streams, closing })));
  const state = await schema.state();
  if (state.stored > state.known) throw new NewerSchema(state.stored, state.known);
  if (action === 'up') return await up(schema, state, streams);
  streams.out.write(action === 'plan' ? planText(state) : `${statusLine(state)}\n`);
  return exitCode && state.pending.length > 0 ? EXIT.found : EXIT.ok;
}

async function up(schema: Schema, state: SchemaState, { out }: Streams): Promise<number> {
  await schema.up((file) => out.write(`${titleOf(file)}: done\n`));
  out.write(`${statusLine({ ...state, stored: state.known, pending: [] })}\n`);
  return EXIT.ok;
}

export function statusLine({ stored, known, pending }: SchemaState): string {
  const count =
    pending.length === 1 ? '1 migration is' : `${pending.length === 0 ? 'no' : pending.length} migrations are`;
  return `${stored === 0 ? 'the database is empty' : `schema version ${stored}`}, this faultline knows ${known}: ${count} pending`;
}

/** SQL that could be piped into psql, headed by the status. */
export function planText(state: SchemaState): string {
  const files = state.pending.map((file) => `\n-- ${titleOf(file)}\n${file.sql.trim()}\n`);
  return `-- ${statusLine(state)}\n${files.join('')}`;
}

function titleOf({ name, phase }: MigrationFile): string {
  return `${name} (${phase})`;
}
