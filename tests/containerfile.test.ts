import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** What of the Containerfile can be tried without an engine: where its images come from. */
const text = readFileSync(join(import.meta.dirname, '..', 'Containerfile'), 'utf8');
const lines = text.split('\n');

test('every image that it builds on is an argument, so that it can be named by digest', () => {
  const images = lines.filter((line) => line.startsWith('FROM ')).map((line) => /\$\{(\w+)\}/.exec(line)?.[1]);
  expect(images).toEqual(['BUILD_IMAGE', 'BASE_IMAGE']);
  for (const image of images) expect(lines.some((line) => line.startsWith(`ARG ${image}=`))).toBe(true);
});

const digest = `registry.example/node@sha256:${'0'.repeat(64)}`;
const tag = 'registry.example/node:24';
test.each([
  ['false', tag, tag, 0],
  ['true', digest, digest, 0],
  ['true', digest, tag, 1],
  ['true', tag, digest, 1],
])('PINNED=%s with %s and %s ends with %i', (PINNED, BUILD_IMAGE, BASE_IMAGE, status) => {
  const check = lines.find((line) => line.startsWith('RUN [ "$PINNED"'))?.slice('RUN '.length) ?? 'exit 9';
  const ran = spawnSync('/bin/sh', ['-c', check], { env: { PINNED, BUILD_IMAGE, BASE_IMAGE }, encoding: 'utf8' });
  expect([ran.status, ran.stderr.includes(`error: ${tag} is a tag`)]).toEqual([status, status === 1]);
});
