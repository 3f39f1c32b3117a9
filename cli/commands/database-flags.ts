import { resolve } from 'node:path';
import type { Flag } from '../command.ts';
import type { DatabaseChoice } from '../database/choose-database.ts';
import type { Streams } from '../streams.ts';
import { CONFIG_FLAG } from './flags.ts';

export interface DatabaseFlags {
  readonly config?: string;
  readonly databaseUrlFile?: string;
  readonly stateDir?: string;
}

/** Which database a command is about. */
export const DATABASE_FLAGS: readonly Flag[] = [
  CONFIG_FLAG,
  {
    spelling: '--database-url-file <file>',
    description: 'A file with the URL of a PostgreSQL database (default: that of the configuration).',
  },
  {
    spelling: '--state-dir <folder>',
    description: 'An embedded database that is not in use (default without a URL: .faultline).',
  },
];

export function databaseChoice({ config, databaseUrlFile, stateDir }: DatabaseFlags, streams: Streams): DatabaseChoice {
  const path = (file: string | undefined) => (file === undefined ? undefined : resolve(streams.directory, file));
  return { config, databaseUrlFile: path(databaseUrlFile), stateDir: path(stateDir) };
}

export function databaseFaults({ databaseUrlFile, stateDir }: DatabaseChoice): string[] {
  if (databaseUrlFile === undefined || stateDir === undefined) return [];
  return ['--database-url-file and --state-dir name two databases'];
}
