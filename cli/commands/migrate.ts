import type { Command } from '../command.ts';
import type { DatabaseChoice } from '../database/choose-database.ts';
import { DATABASE_FLAGS, type DatabaseFlags, databaseChoice, databaseFaults } from './database-flags.ts';

interface MigrateFlags extends DatabaseFlags {
  readonly exitCode?: boolean;
}

const ACTIONS = ['plan', 'up', 'status'] as const;

/** What `faultline migrate` was asked for. */
export interface MigrateOptions {
  readonly action: string;
  readonly database: DatabaseChoice;
  /** 10 when there is something to run. */
  readonly exitCode: boolean;
}

export const migrate: Command<MigrateFlags, MigrateOptions> = {
  name: 'migrate',
  parameters: `<${ACTIONS.join('|')}>`,
  summary: 'Show, plan or run the migrations of a database.',
  description:
    'status: which schema a database has and which one this faultline knows. plan: the statements that would run, without ' +
    'running them. up: runs them, as the start of a server does; servers of the version before go on meanwhile ' +
    '(docs/upgrade.md).',
  examples: [
    {
      comment: 'Before an upgrade, with the new version',
      line: 'faultline migrate plan --database-url-file /run/secrets/db',
    },
    { comment: 'In a pipeline: 10 when something is pending', line: 'faultline migrate status --exit-code' },
  ],
  flags: [
    ...DATABASE_FLAGS,
    { spelling: '--exit-code', description: 'status and plan: exit with 10 when a migration is pending.' },
  ],
  complete: ({ parameters: [action = ''], flags }, streams) => ({
    action,
    database: databaseChoice(flags, streams),
    exitCode: flags.exitCode ?? false,
  }),
  validate({ action, database }) {
    const known = (ACTIONS as readonly string[]).includes(action);
    return [...(known ? [] : [`"${action}" is not one of ${ACTIONS.join(', ')}`]), ...databaseFaults(database)];
  },
  async run(options, streams) {
    const { runMigrate } = await import('../database/run-migrate.ts');
    return await runMigrate(options, streams);
  },
};
