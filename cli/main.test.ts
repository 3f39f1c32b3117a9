import { spawn } from 'node:child_process';
import { existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';

/** The process itself: what becomes of it when its output has no place to go. */
function run(argv: readonly string[], stdout: number | 'pipe') {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...argv], {
    ...{ env: { ...process.env, NODE_OPTIONS: '', NODE_NO_WARNINGS: '1' }, stdio: ['ignore', stdout, 'pipe'] },
  });
  const code = new Promise<number | null>((ended) => child.once('close', ended));
  const { stderr } = child;
  return { child, code, err: stderr === null ? Promise.resolve('') : text(stderr) };
}

describe('output that nobody takes', () => {
  it.skipIf(!existsSync('/dev/full'))('because the disk is full is one line, and a failure', async () => {
    const { code, err } = run(['--help'], openSync('/dev/full', 'w'));
    expect(await err).toMatch(/^error: cannot write the output: ENOSPC[^\n]*\n$/);
    expect(await code).toBe(1);
  });

  it('because a pipe was closed is no failure, and nothing is said', async () => {
    const { child, code, err } = run(['completion', 'bash'], 'pipe');
    child.stdout?.destroy();
    expect([await err, await code]).toEqual(['', 0]);
  });
});
