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

/** The same for a secret that is rotated: read now, so that a wrong path is told at once, and again each time it is asked for. */
export async function rotatedSecret(file: string): Promise<() => Promise<string>> {
  await readSecret(file);
  return () => readSecret(file);
}
