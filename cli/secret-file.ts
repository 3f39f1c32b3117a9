import { readFile } from 'node:fs/promises';
import { Failure } from './exit.ts';

/** The content of a secret that a flag or the configuration names by its file, without the newline at its end. */
export async function readSecret(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new Failure(`cannot read ${file}: ${cause.code === 'ENOENT' ? 'no such file' : cause.code}`, { cause });
  });
  if (text.trim() === '') throw new Failure(`${file} is empty`);
  return text.trim();
}
