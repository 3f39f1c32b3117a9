import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { StoreOptions } from '../../apiserver/store/open-store.ts';
import { configureServing } from '../configuration/serving.ts';
import { Failure } from '../exit.ts';
import { readSecret } from '../secret-file.ts';
import { systemProcesses } from '../state/processes.ts';
import { openStateFolder } from '../state/state-folder.ts';
import type { Streams } from '../streams.ts';

/** Which database a command is about; paths are absolute. */
export interface DatabaseChoice {
  readonly config: string | undefined;
  readonly databaseUrlFile: string | undefined;
  readonly stateDir: string | undefined;
}

export interface Choosing {
  readonly streams: Streams;
  /** What unlocks the folder. */
  readonly closing: AsyncDisposableStack;
  /** An embedded database that is not there. Default: a Failure, so that nobody looks into an empty one by mistake. */
  readonly missing?: 'refuse' | 'make';
}

/**
 * `--database-url-file` > `--state-dir` > that of the configuration > the state folder of `faultline up`. A folder is locked
 * until `closing` ends. Throws a Failure for a file that cannot be read and for a folder that is in use or not there.
 */
export async function openChosenDatabase(
  { config, databaseUrlFile, stateDir }: DatabaseChoice,
  { streams, closing, missing = 'refuse' }: Choosing,
): Promise<StoreOptions['database']> {
  if (databaseUrlFile !== undefined) return { url: await readSecret(databaseUrlFile) };
  if (stateDir === undefined) {
    const { configuration } = await configureServing(config, streams);
    const { server } = configuration;
    if ('databaseUrlFile' in server) return { url: await readSecret(server.databaseUrlFile) };
  }
  const folder = stateDir ?? resolve(streams.directory, '.faultline');
  if (missing === 'refuse' && !existsSync(join(folder, 'database'))) {
    throw new Failure(`there is no database in ${folder}: name one with --state-dir or --database-url-file`);
  }
  return { embedded: closing.use(await openStateFolder(folder, systemProcesses)).database };
}
