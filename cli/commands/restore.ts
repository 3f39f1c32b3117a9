import { resolve } from 'node:path';
import type { Command } from '../command.ts';
import type { DatabaseChoice } from '../database/choose-database.ts';
import { DATABASE_FLAGS, type DatabaseFlags, databaseChoice, databaseFaults } from './database-flags.ts';

interface RestoreFlags extends DatabaseFlags {
  readonly replace?: boolean;
}

/** What `faultline restore` was asked for. */
export interface RestoreChoice {
  /** `-`: standard input. */
  readonly file: string;
  readonly database: DatabaseChoice;
  readonly replace: boolean;
}

export const restore: Command<RestoreFlags, RestoreChoice> = {
  name: 'restore',
  parameters: '<file|->',
  summary: 'Restore what "faultline backup" wrote into an empty database.',
  description:
    'Restores a backup of this version or an older one, and brings it up to date. All of it or nothing. Servers must not be ' +
    'connected. resourceVersions go on above every one that was ever given, and clients list again (docs/backup.md).',
  examples: [
    {
      comment: 'Into a new database',
      line: 'faultline restore faultline.backup --database-url-file /run/secrets/db',
    },
    {
      comment: 'Instead of what is there',
      line: 'faultline restore faultline.backup --replace --database-url-file /run/secrets/db',
    },
  ],
  flags: [
    ...DATABASE_FLAGS,
    {
      spelling: '--replace',
      description: 'Remove the issues that the database holds. Without it such a database is refused.',
    },
  ],
  complete: ({ parameters: [file = ''], flags }, streams) => ({
    file: file === '-' ? file : resolve(streams.directory, file),
    database: databaseChoice(flags, streams),
    replace: flags.replace ?? false,
  }),
  validate: ({ database }) => databaseFaults(database),
  async run(options, streams) {
    const { runRestore } = await import('../database/run-restore.ts');
    return await runRestore(options, streams);
  },
};
