import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/**
 * Every MUST and SHOULD of an aggregated API that this server promises has a test whose name begins with its number. Numbers are
 * those of the checklist that the design keeps: R registration, D discovery, O OpenAPI, A authentication and
 * authorization, L lists and objects, F selectors, V resourceVersion, W watch, T tables, E errors, H HTTP, X operation.
 * S action subresources. W4 is what W3 replaces, H2 the choice that H1 did not make, E7 what others answer.
 */
const REQUIRED = [
  ['R', [1, 2, 3, 4, 5, 6, 7]],
  ['D', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]],
  ['O', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]],
  ['A', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]],
  ['L', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]],
  ['F', [1, 2, 3, 4, 5, 6]],
  ['V', [1, 2, 3, 4, 5, 6, 7]],
  ['W', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]],
  ['T', [1, 2, 3, 4, 5, 6, 7, 8]],
  ['E', [1, 2, 3, 4, 5, 6]],
  ['S', [1, 2, 3, 4, 5, 6, 7]],
  ['H', [1, 3, 4, 5, 6, 7]],
  ['X', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]],
] as const;

/** The text that begins a test's or a suite's name: `it('O3 …`, and on a line of its own after `it.each(…)(`. */
const NAME = /^(?<call>.*\()?\s*['"`](?<numbers>(?:[A-Z]\d{1,2} )+)/;

const root = join(import.meta.dirname, '..');
const files = globSync('{apiserver,cli,controllers,crds,tests}/**/*.{test,contract}.ts', { cwd: root });
const named = new Set(
  files
    .flatMap((file) => readFileSync(join(root, file), 'utf8').split('\n'))
    .map((line) => NAME.exec(line)?.groups)
    .filter((groups) => groups && !/\.(skip|todo)\b/.test(groups.call ?? ''))
    .flatMap((groups) => (groups?.numbers ?? '').trim().split(' ')),
);

test.each(REQUIRED)('every required number %s is named by a test: %j', (letter, numbers) => {
  expect(numbers.map((number) => `${letter}${number}`).filter((number) => !named.has(number))).toEqual([]);
});
