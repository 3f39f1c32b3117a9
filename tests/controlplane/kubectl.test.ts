import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { kubectl, kubectls, kubectlWatch, versionsIn } from './kubectl.ts';

it('versions are read from file names and sorted as numbers', () => {
  const files = ['kubectl', 'kubectl.1.33', 'kubectl.1.9', 'kubectl.1.27', 'kubectl.exe', 'kubectl.1.2.3', 'gcloud'];
  expect(versionsIn(files)).toEqual(['1.9', '1.27', '1.33']);
});

/** Shell scripts in the place of kubectl: what is tested is how it is started, read and stopped. */
describe('kubectl', () => {
  const dir = mkdtempSync(join(tmpdir(), 'faultline-kubectl-test-'));
  const kubeconfig = join(dir, 'kubeconfig');
  const script = (path: string, text: string): void => writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });

  beforeAll(() => {
    for (const name of ['plain', 'sdk', 'bin']) mkdirSync(join(dir, name));
    script(
      join(dir, 'plain', 'kubectl'),
      'case $1 in lines) printf "1\\n2\\n"; sleep 3 & wait;; *) echo "$HOME $KUBECONFIG"; cat; echo no >&2; exit 3;; esac',
    );
    for (const name of ['kubectl', 'kubectl.1.27', 'kubectl.1.33']) script(join(dir, 'sdk', name), `echo ${name}`);
    symlinkSync(join(dir, 'sdk', 'kubectl'), join(dir, 'bin', 'kubectl'));
    vi.stubEnv('PATH', `${join(dir, 'plain')}:${process.env.PATH}`);
  });

  afterAll(() => {
    vi.unstubAllEnvs();
    rmSync(dir, { recursive: true });
  });

  it('is found behind a link in every version that lies beside it', () => {
    expect(kubectls(join(dir, 'bin'))).toEqual([
      { version: '1.27', path: join(dir, 'sdk', 'kubectl.1.27') },
      { version: '1.33', path: join(dir, 'sdk', 'kubectl.1.33') },
    ]);
  });

  it('is the plain one when no versions lie beside it', () => {
    expect(kubectls(join(dir, 'plain'))).toEqual([{ version: 'default', path: join(dir, 'plain', 'kubectl') }]);
    expect(() => kubectls(dir)).toThrow('no kubectl on PATH');
  });

  it('gets its input, and its exit code is a result', async () => {
    const { stdout, stderr, code } = await kubectl(['x'], { kubeconfig, input: 'in', home: '/home' });
    expect({ stdout, stderr, code }).toEqual({ stdout: `/home ${kubeconfig}\nin`, stderr: 'no\n', code: 3 });
  });

  it('has a HOME for each kubeconfig unless it is told one', async () => {
    const { stdout } = await kubectl(['x'], { kubeconfig });
    expect(stdout).toBe(`${kubeconfig}.home ${kubeconfig}\n`);
  });

  it('names the versions that exist when asked for another', async () => {
    await expect(kubectl([], { kubeconfig, version: '1.2' })).rejects.toThrow('no kubectl 1.2 here; there is default');
  });

  it('is killed by an aborted signal', async () => {
    const signal = AbortSignal.timeout(50);
    await expect(kubectl(['lines'], { kubeconfig, signal })).rejects.toThrow(/abort/i);
  });

  it('can be watched line by line, and a timeout loses none', async () => {
    await using watch = kubectlWatch(['lines'], { kubeconfig });
    expect(await watch.nextMatching(/2/)).toBe('2');
    await expect(watch.next(20)).rejects.toThrow("'kubectl lines' printed no line for 20 ms; standard error: (empty)");
    await expect(watch.nextMatching(/3/, 20)).rejects.toThrow('no line matched /3/');
  });

  it('ends the iteration of a watch that is stopped', async () => {
    const watch = kubectlWatch(['lines'], { kubeconfig });
    const lines: string[] = [];
    for await (const line of watch) {
      lines.push(line);
      if (lines.length === 2) void watch.stop();
    }
    expect(lines).toEqual(['1', '2']);
    await expect(watch.next()).rejects.toThrow('has ended');
  });
});
