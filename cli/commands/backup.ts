import { resolve } from 'node:path';
import type { Command } from '../command.ts';
import type { DatabaseChoice } from '../database/choose-database.ts';
import { DATABASE_FLAGS, type DatabaseFlags, databaseChoice, databaseFaults } from './database-flags.ts';

/** What `faultline backup` was asked for. */
export interface BackupChoice {
  /** `-`: standard output. */
  readonly file: string;
  readonly database: DatabaseChoice;
}

export const backup: Command<DatabaseFlags, BackupChoice> = {
  name: 'backup',
  parameters: '<file|->',
  summary: 'Write everything that is stored to a file.',
  description:
    'A consistent snapshot of a database as one compressed file, while servers go on. The file appears when it is complete, ' +
    'readable by its owner only: it holds the ends of logs. An embedded database must not be in use (docs/backup.md).',
  examples: [
    {
      comment: 'Of a cluster',
      line: 'faultline backup faultline.backup --database-url-file /run/secrets/db',
    },
    {
      comment: 'Somewhere else',
      line: 'faultline backup - --database-url-file /run/secrets/db | ssh vault "cat > faultline.backup"',
    },
  ],
  flags: DATABASE_FLAGS,
  complete: ({ parameters: [file = ''], flags }, streams) => ({
    file: file === '-' ? file : resolve(streams.directory, file),
    database: databaseChoice(flags, streams),
  }),
  validate: ({ database }) => databaseFaults(database),
  async run(options, streams) {
    const { runBackup } = await import('../database/run-backup.ts');
    return await runBackup(options, streams);
  },
};
