import { spawn } from 'node:child_process';
import { Failure } from '../exit.ts';

const LAST_LINES = 5;

/** Runs the user's own command in a shell. Throws a Failure with what it last said when it does not succeed. */
export async function runChangeCommand(
  command: string,
  {
    env,
    directory,
    signal,
  }: { env: Readonly<Record<string, string | undefined>>; directory: string; signal: AbortSignal },
): Promise<void> {
  const child = spawn('/bin/sh', ['-c', command], {
    cwd: directory,
    env: { ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4_096);
    });
  }
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.once('error', reject);
  child.once('close', (code) => resolve(code ?? 1));
  const code = await promise;
  if (code === 0) return;
  const last = said.trim().split('\n').slice(-LAST_LINES).join('\n');
  throw new Failure(`--change-command ended with ${code}:\n${last}`);
}
