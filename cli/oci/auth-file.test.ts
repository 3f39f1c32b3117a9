import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { credentialsIn } from './auth-file.ts';
import type { ArtifactReference } from './reference.ts';
import { parseReference } from './reference.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faultline-auth-'));
  file = join(folder, 'config.json');
});
afterEach(() => rm(folder, { recursive: true }));

async function credentialsOf(name: string, config: unknown): ReturnType<typeof credentialsIn> {
  await writeFile(file, JSON.stringify(config));
  return await credentialsIn(file, parseReference(name) as ArtifactReference);
}

it.each([
  ['quay.io', 'quay.io/org/name'],
  ['quay.io/org', 'quay.io/org/name'],
  ['quay.io/org/name', 'quay.io/org/name'],
  ['https://quay.io', 'quay.io/org/name'],
  ['Quay.io', 'QUAY.io/org/name'],
  ['https://quay.io/', 'quay.io/org/name'],
  ['http://localhost:5000/v2/', 'localhost:5000/org/name'],
  ['quay.io/v1/', 'quay.io/org/name'],
  ['https://index.docker.io/v1/', 'docker.io/org/name'],
  ['https://index.docker.io/v1/', 'index.docker.io/org/name'],
  ['docker.io', 'registry-1.docker.io/org/name'],
])('an entry for %s is for %s', async (key, name) => {
  expect(await credentialsOf(name, { auths: { [key]: { auth: 'eDp5' } } })).toEqual({ basic: 'eDp5' });
});

it.each([
  ['quay.io', 'quay.io.example.com/org/name'],
  ['quay.io/or', 'quay.io/org/name'],
  ['https://index.docker.io/v1/', 'quay.io/org/name'],
  ['https://quay.io/v1/org', 'quay.io/org/name'],
])('an entry for %s is not for %s', async (key, name) => {
  const { registry } = parseReference(name) as ArtifactReference;
  const missing = `${file} has no "auth" for ${registry}`;
  expect(await credentialsOf(name, { auths: { [key]: { auth: 'eDp5' } } })).toEqual({ missing });
});

it.each([
  [{ auths: { 'quay.io': {} }, credsStore: 'desktop' }, '; credential helpers (credsStore) are not run'],
  [{ credHelpers: { 'quay.io': 'pass' } }, '; credential helpers (credHelpers) are not run'],
  [{ auths: { 'quay.io': null }, credsStore: '', credHelpers: {} }, ''],
])('what a helper keeps is missing: %j', async (config, why) => {
  const missing = `${file} has no "auth" for quay.io${why}`;
  expect(await credentialsOf('quay.io/org/name', config)).toEqual({ missing });
});

it('an entry that has none hides no other', async () => {
  const auths = { 'https://quay.io': { auth: 'eDp5' }, 'quay.io': {} };
  expect(await credentialsOf('quay.io/org/name', { auths })).toEqual({ basic: 'eDp5' });
});

it.each([null, [], 'text', { auths: 'text' }])('%j is no such file', async (config) => {
  await expect(credentialsOf('quay.io/org/name', config)).rejects.toThrow('has no "auths"');
});
