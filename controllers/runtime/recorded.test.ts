import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { ClusterObject } from './object.ts';
import { type RecordedProgress, readRecorded } from './recorded.ts';

const object = (name: string): string => JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name } });

async function read(from: string | Readable) {
  const objects: ClusterObject[] = [];
  const progress: RecordedProgress[] = [];
  const summary = await readRecorded(from, {
    onObject: (each) => objects.push(each),
    onProgress: (each) => progress.push(each),
  });
  return { names: objects.map(({ metadata }) => metadata.name), summary, progress };
}

describe('recorded objects', () => {
  it('are read from a folder with progress, and what cannot be read is named', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'faultline-recorded-'));
    await writeFile(join(folder, 'a.json'), object('a'));
    await writeFile(join(folder, 'b.yaml'), 'just: text\n');
    await writeFile(join(folder, 'c.json'), '{ "half": ');
    const { names, summary, progress } = await read(folder);
    expect(names).toEqual(['a']);
    expect(summary).toMatchObject({ files: 3, objects: 1, skipped: 1, faults: [{ path: join(folder, 'c.json') }] });
    expect(progress.map(({ filesDone }) => filesDone)).toEqual([1, 2, 3]);
    expect(progress.at(-1)).toMatchObject({ files: 3, bytesDone: progress[0]?.bytes });
    await rm(folder, { recursive: true });
  });

  it('are read from one file and from a stream, packed or not', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'faultline-recorded-'));
    await writeFile(join(folder, 'one'), object('one'));
    expect((await read(join(folder, 'one'))).names).toEqual(['one']);
    expect((await read(Readable.from([Buffer.from(object('two'))]))).names).toEqual(['two']);
    expect((await read(Readable.from([gzipSync(object('three'))]))).names).toEqual(['three']);
    await rm(folder, { recursive: true });
  });

  it('do not come from a path that is not there', async () => {
    await expect(read('/nowhere/at/all')).rejects.toThrow('ENOENT');
  });

  it.each([
    [
      'a bomb of aliases',
      `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'
        .split('')
        .map((key, index) => `${key}: &${key} [${`*${'abcdefgh'[index]},`.repeat(9)}]`)
        .join('\n')}\n`,
    ],
    ['binary', '\u0000\u0001\u0002'],
    ['a list of nonsense', '{"kind":"List","apiVersion":"v1","items":[1,null,"x",{"kind":1}]}'],
    ['a list without items', '{"kind":"PodList","apiVersion":"v1"}'],
  ])('that are %s do no harm', async (_, text) => {
    const { names } = await read(Readable.from([Buffer.from(text)]));
    expect(names).toEqual([]);
  });
});
