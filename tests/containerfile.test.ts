import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pairsOf, readContainerfile } from './containerfile/instructions.ts';

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

test('every instruction of it is one that is carried out without an engine (npm run containerfile)', () => {
  const { stages, args } = readContainerfile(text, { BASE_IMAGE: 'mine' });
  expect(stages.map(({ name, image }) => [name, image])).toEqual([
    ['build', 'docker.io/library/node:24-bookworm-slim'],
    ['', 'mine'],
  ]);
  expect(args).toMatchObject({ BASE_IMAGE: 'mine' });
  const steps = (keyword: string) =>
    stages.flatMap(({ instructions }) => instructions.filter((one) => one.keyword === keyword));
  expect(steps('RUN')).toHaveLength(5);
  expect(steps('COPY').at(-1)).toMatchObject({ flags: { from: 'build', chown: '0:0' }, text: '/image/app /app' });
  const [labels] = steps('LABEL');
  expect(pairsOf(labels?.text ?? '', { BASE_IMAGE: 'mine', VERSION: '1.2.3' })).toMatchObject({
    'org.opencontainers.image.base.name': 'mine',
    'org.opencontainers.image.version': '1.2.3',
  });
});

test.each(['ADD a b', 'FROM', 'FROM x\nHEALTHCHECK NONE', 'RUN before', 'FROM $NOBODY_SAID'])(
  '%j is refused, so that nothing is taken for done that nobody does',
  (wrong) => {
    expect(() => readContainerfile(wrong)).toThrow();
  },
);
