import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { backup } from '../../apiserver/store/backup.ts';
import type { BackupHead } from '../../apiserver/store/backup-format.ts';
import { type Bulk, openBulk } from '../../apiserver/store/bulk.ts';
import type { BackupChoice } from '../commands/backup.ts';
import { EXIT, Failure } from '../exit.ts';
import { createProgress } from '../progress.ts';
import type { Streams } from '../streams.ts';
import { openChosenDatabase } from './choose-database.ts';

/** Rows are much alike: the fastest level takes four fifths off, and more than that takes more time than the database. */
const LEVEL = 1;

/** `faultline backup`: what it says goes to standard error, since the backup may go to standard output. */
export async function runBackup({ file, database }: BackupChoice, streams: Streams): Promise<number> {
  await using closing = new AsyncDisposableStack();
  const bulk = closing.use(await openBulk(await openChosenDatabase(database, { streams, closing })));
  if (file === '-') {
    streams.err.write(summaryOf('backed up', await write(bulk, '/dev/stdout', streams)));
    return EXIT.ok;
  }
  const partial = `${file}.partial`;
  try {
    const head = await write(bulk, partial, streams);
    await rename(partial, file);
    streams.err.write(summaryOf('backed up', head));
    return EXIT.ok;
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

async function write(bulk: Bulk, path: string, { err, env, signal }: Streams): Promise<BackupHead> {
  using progress = createProgress(err, env, Date.now);
  let head: BackupHead | undefined;
  const rows = backup(bulk, {
    onHead: (found) => {
      head = found;
    },
    onRows: (table, done, total) => progress.update(`backing up ${table}`, done, total),
  });
  const to = createWriteStream(path, { mode: 0o600 });
  await pipeline(rows, createGzip({ level: LEVEL }), to, { signal }).catch((error: NodeJS.ErrnoException) => {
    if (error.syscall === undefined) throw error;
    throw new Failure(`cannot write ${path} in ${dirname(path)}: ${error.code}`, { cause: error });
  });
  if (head === undefined) throw new Error('the backup has no head');
  return head;
}

/** `restored 1,000 issues of cluster 1f… (schema version 9) of 2026-11-21T21:00:00Z` */
export function summaryOf(what: string, { rows, clusterId, schemaVersion, takenAt }: BackupHead): string {
  const issues = (rows.issues ?? 0).toLocaleString('en-US');
  return `${what} ${issues} issues of cluster ${clusterId} (schema version ${schemaVersion}), as of ${takenAt}\n`;
}
