import { resolve } from 'node:path';
import type { StoreOptions } from '../../apiserver/store/open-store.ts';
import { configure } from '../configuration/controllers.ts';
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

/**
 * `--database-url-file` > `--state-dir` > that of the configuration > the state folder of `faultline up`. A folder is locked
 * until `closing` ends. Throws a Failure for a file that cannot be read and for a folder that is in use.
 */
export async function openChosenDatabase(
  { config, databaseUrlFile, stateDir }: DatabaseChoice,
  streams: Streams,
  closing: AsyncDisposableStack,
): Promise<StoreOptions['database']> {
  if (databaseUrlFile !== undefined) return { url: await readSecret(databaseUrlFile) };
  if (stateDir === undefined) {
    const { configuration } = await configure(config, streams, undefined, 'ignored');
    const { server } = configuration;
    if ('databaseUrlFile' in server) return { url: await readSecret(server.databaseUrlFile) };
  }
  const folder = stateDir ?? resolve(streams.directory, '.faultline');
  return { embedded: closing.use(await openStateFolder(folder, systemProcesses)).database };
}
