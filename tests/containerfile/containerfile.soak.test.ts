import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { assembleImage } from '../../scripts/image.ts';
import { contentOf, faultsOf } from '../../scripts/image-content.ts';
import { type Built, buildInChroot, start } from './build.ts';

/**
 * The Containerfile, step by step, without an engine (`npm run containerfile`): as root, on Linux, with npm's registry. What it
 * does not show: that the base images have what is taken from this machine, and that an engine packs the same layers.
 */
let into: string;
let built: Built;
beforeAll(async () => {
  into = await mkdtemp(join(tmpdir(), 'faultline-containerfile-'));
  const context = join(import.meta.dirname, '../..');
  built = await buildInChroot({ context, into, onStep: (step) => console.log(step) });
}, 1_800_000);
afterAll(() => rm(into, { recursive: true, force: true }));

test('the image has what the assembled one has, and nothing that does not belong there', async () => {
  const content = await contentOf(join(built.root, 'app'));
  expect(faultsOf(content)).toEqual([]);
  await assembleImage(join(into, 'assembled'), { node: false });
  const assembled = await contentOf(join(into, 'assembled/app'));
  expect(content.files.toSorted()).toEqual(assembled.files.toSorted());
});

test('the program starts in it: not as root, with nothing that can be written', () => {
  expect(built.user).toBe('65532');
  const words = [...built.entrypoint, 'version', '--client'];
  expect(start(words, built.root, built, { readOnly: true })).toContain('faultline');
});

test('it says what it was built on, and its files have one time and one owner', async () => {
  expect(built.labels).toMatchObject({
    'org.opencontainers.image.title': 'Faultline',
    'org.opencontainers.image.base.name': 'gcr.io/distroless/nodejs24-debian12:nonroot',
  });
  const { mtimeMs, uid, gid } = await stat(join(built.root, 'app/package.json'));
  expect([mtimeMs, uid, gid]).toEqual([0, 0, 0]);
});
