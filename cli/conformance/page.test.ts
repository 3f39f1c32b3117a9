import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { items } from './items/index.ts';

/** The list of which docs/conformance.md speaks: sections and how many numbers each has. */
const SECTIONS = { R: 7, D: 12, O: 11, A: 14, L: 20, F: 6, V: 7, W: 17, T: 8, S: 7, E: 7, H: 7, X: 14 };
/** Facts and choices in that list: nobody breaks of them. */
const NO_REQUIREMENTS = ['D11', 'E7', 'H2', 'H7', 'L19', 'X8', 'X14'];

const root = join(import.meta.dirname, '..', '..');
const page = readFileSync(join(root, 'docs', 'conformance.md'), 'utf8');
const inside = [...page.matchAll(/^\| ([A-Z]\d+) \| [^|]+ \| `([^`]+)` \|$/gm)].map(([, number = '', test = '']) => ({
  number,
  test,
}));

describe('docs/conformance.md', () => {
  it('says of every number how it is seen: from outside, by a test inside, or that it is no requirement', () => {
    const numbers = Object.entries(SECTIONS).flatMap(([section, count]) =>
      Array.from({ length: count }, (_, index) => `${section}${index + 1}`),
    );
    const said = [...items.map(({ number }) => number), ...inside.map(({ number }) => number), ...NO_REQUIREMENTS];
    expect(said.toSorted()).toEqual(numbers.toSorted());
  });

  it('names tests that exist', () => {
    const files = globSync('{apiserver,cli,tests}/**/*.{test,contract}.ts', { cwd: root });
    const texts = files.map((file) => readFileSync(join(root, file), 'utf8')).join('\n');
    expect(inside.filter(({ test }) => !texts.includes(test))).toEqual([]);
    expect(inside.filter(({ number, test }) => !test.split(' ').includes(number))).toEqual([]);
  });

  it('shows every item of the kit', () => {
    const shown = [...page.matchAll(/^\| ([A-Z]\d+) \| (?:MUST|SHOULD|COULD) \|/gm)].map(([, number]) => number);
    expect(shown).toEqual(items.map(({ number }) => number));
  });
});
