import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemProcesses } from './processes.ts';
import { contextFolder, openStateFolder } from './state-folder.ts';

let parent: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'faultline-state-'));
});
afterEach(() => rm(parent, { recursive: true, force: true }));

describe('a state folder', () => {
  it('is private, never committed, and held by one', async () => {
    const path = join(parent, 'deep', '.faultline');
    {
      await using folder = await openStateFolder(path, systemProcesses);
      expect((await stat(folder.path)).mode & 0o777).toBe(0o700);
      expect(await readFile(join(path, '.gitignore'), 'utf8')).toBe('*\n');
      await expect(openStateFolder(path, systemProcesses)).rejects.toThrow(
        `in use by faultline with pid ${process.pid}`,
      );
    }
    await using _ = await openStateFolder(path, systemProcesses);
  });

  it('that cannot be written is refused in one line', async () => {
    await writeFile(join(parent, 'file'), '');
    await expect(openStateFolder(join(parent, 'file', 'state'), systemProcesses)).rejects.toThrow(
      /^cannot write the state folder \S+ \(ENOTDIR\): choose another with --state-dir$/,
    );
  });
});

describe('the folder of a context', () => {
  it('is named like it', () => {
    expect(contextFolder('kind-dev.1')).toBe('clusters/kind-dev.1');
  });

  it('stays inside its parent and apart from others, whatever the context is called', () => {
    const names = [
      'arn:aws:eks:eu:1:cluster/a',
      'arn:aws:eks:eu:1:cluster:a',
      '../..',
      '..',
      'a'.repeat(200),
      'a'.repeat(201),
    ];
    const folders = names.map(contextFolder);
    for (const folder of folders) expect(folder).toMatch(/^clusters\/[^/]+$/);
    for (const folder of folders) expect(folder).not.toMatch(/\/\.+$/);
    expect(new Set(folders).size).toBe(names.length);
  });
});
