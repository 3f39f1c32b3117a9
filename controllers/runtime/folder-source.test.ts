import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { createFolderSource } from './folder-source.ts';
import { Informer } from './informer.ts';
import { silentLogger } from './logger.ts';

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function eventually(holds: () => boolean, tell: () => unknown): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(JSON.stringify(tell()));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function setup(files: Record<string, string | Buffer> = {}, rescanMs = 20) {
  const folder = await mkdtemp(join(tmpdir(), 'faultline-folder-'));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  const put = async (name: string, content: string | Buffer): Promise<void> => {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), content);
  };
  for (const [name, content] of Object.entries(files)) await put(name, content);
  const warnings: { path?: string }[] = [];
  const logger = { ...silentLogger, warn: (fields: object) => void warnings.push(fields) };
  const source = createFolderSource({ folder, logger, debounceMs: 1, rescanMs });
  cleanups.push(async () => source[Symbol.asyncDispose]());
  const informerOf = (kind: string, options: { namespaces?: string[]; labelSelector?: string } = {}) => {
    const informer = new Informer({
      source,
      apiVersions: ['v1'],
      kind,
      strip: (object) => object,
      accept: () => true,
      logger,
      ...options,
    });
    const stop = new AbortController();
    const running = informer.run(stop.signal);
    cleanups.push(async () => {
      stop.abort();
      await running;
    });
    const keys = (): string[] => [...informer.cache.keys()].sort();
    const has = (expected: string[]): Promise<void> =>
      eventually(() => JSON.stringify(keys()) === JSON.stringify(expected), keys);
    return { informer, has };
  };
  return { folder, put, warnings, informerOf };
}

const yaml = (name: string, value: unknown = 1, kind = 'ConfigMap'): string =>
  `apiVersion: v1\nkind: ${kind}\nmetadata: {name: ${name}, namespace: ns, labels: {app: ${name}}}\ndata: {value: "${String(value)}"}\n`;
const json = (name: string): object => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'ns' } });

describe('a folder as a cluster', () => {
  it('reads documents, lists, JSON and gzip from all sub-folders, and nothing else', async () => {
    const { informerOf } = await setup({
      'a.yaml': `${yaml('a1')}---\n# nothing\n---\n${yaml('a2')}---\njust: yaml\n`,
      'deep/er/b.json': JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [json('b1'), json('b2')] }),
      'c.yml.gz': gzipSync(yaml('c')),
      'd.json': JSON.stringify({
        apiVersion: 'v1',
        kind: 'ConfigMapList',
        items: [{ metadata: { name: 'd', namespace: 'ns' } }],
      }),
      'e.jsonl': `${JSON.stringify(json('e1'))}\n${JSON.stringify(json('e2'))}\n`,
      'README.md': yaml('no'),
      '.hidden.yaml': yaml('no'),
      'empty.yaml': '',
      'latin1.yaml': Buffer.from(`${yaml('f')}# caf\xe9\n`, 'latin1'),
    });
    await informerOf('ConfigMap').has(['ns/a1', 'ns/a2', 'ns/b1', 'ns/b2', 'ns/c', 'ns/d', 'ns/e1', 'ns/e2', 'ns/f']);
  });

  it('follows files that appear, change, move and go', async () => {
    const { put, folder, informerOf } = await setup({ 'a.yaml': yaml('a') });
    const { has, informer } = informerOf('ConfigMap');
    await has(['ns/a']);
    await put('new/b.yaml', yaml('b'));
    await has(['ns/a', 'ns/b']);
    // An editor writes beside and renames over.
    await writeFile(join(folder, '.a.yaml.swp'), yaml('a', 2));
    await rename(join(folder, '.a.yaml.swp'), join(folder, 'a.yaml'));
    await eventually(
      () => JSON.stringify(informer.cache.get('ns/a')).includes('"2"'),
      () => informer.cache.get('ns/a'),
    );
    await rename(join(folder, 'a.yaml'), join(folder, 'z.yaml'));
    await rm(join(folder, 'new'), { recursive: true });
    await has(['ns/a']);
  });

  it('keeps the last good objects of a file that is half written, and says so once', async () => {
    const { put, warnings, informerOf, folder } = await setup({ 'a.yaml': yaml('a') });
    const { has } = informerOf('ConfigMap');
    await has(['ns/a']);
    await put('a.yaml', `${yaml('a')}---\nmetadata: {name: [`);
    await put('b.yaml', yaml('b'));
    await has(['ns/a', 'ns/b']);
    await put('c.yaml', yaml('c'));
    await has(['ns/a', 'ns/b', 'ns/c']);
    expect(warnings.filter(({ path }) => path === join(folder, 'a.yaml'))).toHaveLength(1);
    await put('a.yaml', yaml('a2'));
    await has(['ns/a2', 'ns/b', 'ns/c']);
  });

  it('believes that a file is empty only at the second look', async () => {
    const { put, informerOf } = await setup({ 'a.yaml': yaml('a') });
    const { has, informer } = informerOf('ConfigMap');
    await has(['ns/a']);
    await put('a.yaml', '');
    await put('b.yaml', yaml('b'));
    await eventually(
      () => informer.cache.get('ns/b') !== undefined,
      () => [...informer.cache.keys()],
    );
    await has(['ns/b']);
  });

  it('shows the other file when of two with one object one goes', async () => {
    const { folder, informerOf } = await setup({ 'a.yaml': yaml('x', 'first'), 'b.yaml': yaml('x', 'second') });
    const { informer, has } = informerOf('ConfigMap');
    await has(['ns/x']);
    expect(JSON.stringify(informer.cache.get('ns/x'))).toContain('second');
    await rm(join(folder, 'b.yaml'));
    await eventually(
      () => JSON.stringify(informer.cache.get('ns/x')).includes('first'),
      () => informer.cache.get('ns/x'),
    );
  });

  it('reads a kind that is asked for later, and only what the request wants', async () => {
    const { put, informerOf } = await setup({ 'a.yaml': `${yaml('a')}---\n${yaml('s', 1, 'Secret')}` });
    await informerOf('ConfigMap').has(['ns/a']);
    await informerOf('Secret').has(['ns/s']);
    const labelled = informerOf('ConfigMap', { labelSelector: 'app=b' });
    const elsewhere = informerOf('ConfigMap', { namespaces: ['other'] });
    await put('b.yaml', yaml('b'));
    await labelled.has(['ns/b']);
    await elsewhere.has([]);
    // What leaves the selector is gone for whoever asked with it.
    await put('b.yaml', yaml('b').replace('app: b', 'app: c'));
    await labelled.has([]);
  });

  it('survives loops of links, and a folder that comes later', async () => {
    const { folder, informerOf } = await setup({ 'sub/a.yaml': yaml('a') });
    await symlink(folder, join(folder, 'sub', 'loop'));
    await symlink(join(folder, 'missing'), join(folder, 'dangling.yaml'));
    const { has, informer } = informerOf('ConfigMap');
    await has(['ns/a']);
    await rename(folder, `${folder}-away`);
    await eventually(
      () => informer.faults.length > 0,
      () => informer.faults,
    );
    expect(informer.faults[0]?.message).toContain(folder);
    await rename(`${folder}-away`, folder);
    await writeFile(join(folder, 'b.yaml'), yaml('b'));
    await has(['ns/a', 'ns/b']);
  });
});
