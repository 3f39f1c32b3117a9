import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/**
 * Every MUST of an aggregated API that this server promises has a test whose name begins with its number. Numbers are
 * those of the checklist that the design keeps: R registration, D discovery, O OpenAPI, A authentication and
 * authorization, L lists and objects, F selectors, V resourceVersion, W watch, T tables, E errors, H HTTP, X operation.
 * D3 is about action subresources, which are not served yet; W4 is what W3 replaces.
 */
const REQUIRED = [
  ['R', [1, 2, 3, 4, 7]],
  ['D', [1, 2, 5, 6, 8, 9]],
  ['O', [1, 2, 3, 6, 8, 10]],
  ['A', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]],
  ['L', [1, 2, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14]],
  ['F', [1, 2, 3, 5, 6]],
  ['V', [1, 2, 3, 4, 5, 6]],
  ['W', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]],
  ['T', [1, 2, 3, 4, 5, 6, 7]],
  ['E', [1, 2, 3, 4, 5]],
  ['H', [1, 3, 4, 5]],
  ['X', [1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12]],
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
