import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, it } from 'vitest';
import { Child, logTail } from './child.ts';
import { isRunning } from './process-tree.ts';

describe('a child process', () => {
  const dir = mkdtempSync(join(tmpdir(), 'faultline-child-'));
  const logPath = join(dir, 'log');

  afterAll(() => rmSync(dir, { recursive: true }));

  const shell = (script: string): Promise<Child> =>
    Child.start({ name: 'server', command: '/bin/sh', args: ['-c', script], logPath });

  it('that ends before it is ready is an error with the end of its log', async () => {
    await using child = await shell('echo bind: address already in use >&2; exit 3');
    await expect(child.until('ready', async () => false, 5_000)).rejects.toThrow(
      /^server ended with code 3 before it was ready; end of .*:\nbind: address already in use$/,
    );
  });

  it('that is never ready is an error with the probe’s last one as its cause', async () => {
    await using child = await shell('exec sleep 60');
    const probe = () => Promise.reject(new Error('connection refused'));
    await expect(child.until('ready', probe, 100)).rejects.toMatchObject({
      message: expect.stringMatching(/^server was not ready after 0.1 s/),
      cause: new Error('connection refused'),
    });
  });

  it('that ignores SIGTERM is killed after the grace period', async () => {
    await using child = await shell("trap '' TERM; echo trapped; while :; do sleep 0.05; done");
    await child.until('trapped', async () => existsSync(logPath), 1_000);
    await child.stop('SIGTERM', 100);
    expect(child.ended).toMatch(/^signal SIG(KILL|TERM)$/);
  });

  it('is gone after dispose, and disposing twice is harmless', async () => {
    const child = await shell('exec sleep 60');
    expect(isRunning(child.pid)).toBe(true);
    await child[Symbol.asyncDispose]();
    await child[Symbol.asyncDispose]();
    expect(child.ended).toBe('signal SIGKILL');
  });

  it.skipIf(!existsSync('/usr/bin/setpriv'))('dies with us, even when we are killed', async () => {
    const script = `import { Child } from ${JSON.stringify(join(import.meta.dirname, 'child.ts'))};
      const child = await Child.start({ name: 's', command: '/bin/sleep', args: ['60'], logPath: ${JSON.stringify(logPath)} });
      await child.until('execed', async () => true, 1000);
      process.stdout.write(String(child.pid), () => setTimeout(() => process.kill(process.pid, 'SIGKILL'), 200));`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script]);
    const pid = Number(await text(parent.stdout));
    expect(pid).toBeGreaterThan(1);
    await expect.poll(() => isRunning(pid)).toBe(false);
  });
});

describe('the end of a log', () => {
  it('leaves out empty lines and what gRPC says about its connections', () => {
    expect(logTail('one\n\nW1 logging.go:55] [core] [Channel #1 SubChannel #2]grpc: x\ntwo\n')).toBe('one\ntwo');
  });

  it('is short, and says so when there is none', () => {
    expect(logTail('1\n2\n3\n', 2)).toBe('2\n3');
    expect(logTail('\n')).toBe('(the log is empty)');
  });
});
