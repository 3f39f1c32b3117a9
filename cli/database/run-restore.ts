import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { BackupDamaged } from '../../apiserver/store/backup-format.ts';
import { openBulk } from '../../apiserver/store/bulk.ts';
import { restore } from '../../apiserver/store/restore.ts';
import type { RestoreChoice } from '../commands/restore.ts';
import { EXIT, Failure } from '../exit.ts';
import { createProgress } from '../progress.ts';
import type { Streams } from '../streams.ts';
import { openChosenDatabase } from './choose-database.ts';
import { summaryOf } from './run-backup.ts';

/** `faultline restore`. */
export async function runRestore({ file, database, replace }: RestoreChoice, streams: Streams): Promise<number> {
  const { err, env, signal } = streams;
  await using closing = new AsyncDisposableStack();
  const bulk = closing.use(await openBulk(await openChosenDatabase(database, { streams, closing, missing: 'make' })));
  const progress = closing.use(createProgress(err, env, Date.now));
  const from = file === '-' ? streams.in : createReadStream(file);
  const restored = await pipeline(
    from,
    createGunzip(),
    (chunks: AsyncIterable<Uint8Array>) =>
      restore(bulk, chunks, {
        replace,
        onRows: (table, done, total) => progress.update(`restoring ${table}`, done, total),
        onFinishing: () => progress.update('making indexes', 0, 1),
      }),
    { signal },
  ).catch((error: NodeJS.ErrnoException) => {
    throw told(error, file);
  });
  progress[Symbol.dispose]();
  err.write(summaryOf('restored', restored));
  return EXIT.ok;
}

function told(error: NodeJS.ErrnoException, file: string): Error {
  const { code = '', syscall } = error;
  if (syscall !== undefined) return new Failure(`cannot read ${file}: ${code === 'ENOENT' ? 'no such file' : code}`);
  // zlib: not gzip, cut off, or with another checksum.
  if (code.startsWith('Z_')) return new BackupDamaged(`${file} is no backup of faultline, or it is damaged (${code})`);
  return error;
}
