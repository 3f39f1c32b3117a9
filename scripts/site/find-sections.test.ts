import { expect, test } from 'vitest';
import { findSections, resultOf, type SearchElement, type Section, startSearch, wordsOf } from './find-sections.ts';
import { partsOf } from './markdown.ts';

const SECTIONS: Section[] = [
  ['a.html', 'Install', '', 'Faultline is installed by one command.'],
  ['a.html#upgrade', 'Install', 'Upgrade', 'Read the release notes, then apply. A backup is not an install.'],
  ['b.html#backup', 'Backup', 'Backup', 'faultline backup writes a file with --output.'],
  ['c.html#x', 'History', 'Pages <of> the past', `${'a '.repeat(200)}asOf and --as-of are <b>the same</b> & more`],
];
const found = (query: string) => findSections(SECTIONS, query, 10).map(({ section: [address] }) => address);

test('finds parts that have all of the words, those with them in headings first', () => {
  expect(found('backup')).toEqual(['b.html#backup', 'a.html#upgrade']);
  expect(found('install backup')).toEqual(['a.html#upgrade']);
  expect(found('INSTALL')).toEqual(['a.html', 'a.html#upgrade']);
  expect(found('--as-of')).toEqual(['c.html#x']);
  expect(found('stall')).toEqual(['a.html', 'a.html#upgrade']);
  expect(found('nothing')).toEqual([]);
  expect(found('  ')).toEqual([]);
  expect(findSections(SECTIONS, 'a', 1)).toHaveLength(1);
});

test('shows where the words are, and nothing of a page is obeyed', () => {
  const [one] = findSections(SECTIONS, '--as-of same', 1);
  const html = resultOf(one as never, wordsOf('--as-of same'));
  expect(html).toContain('<a href="c.html#x">History: Pages &lt;of&gt; the past</a>');
  expect(html).toContain('<mark>--as-of</mark> are &lt;b&gt;the <mark>same</mark>&lt;/b&gt; &amp; more');
  expect(html.length).toBeLessThan(500);
});

test('what is looked for may have every character', () => {
  for (const query of ['a.*+?^$ {}()|[]\\', '<script>', '"', '\\u2028']) {
    expect(() => findSections(SECTIONS, query, 10).map((each) => resultOf(each, wordsOf(query)))).not.toThrow();
  }
});

function page(asked: string) {
  let typed = (): void => {};
  const element = (): SearchElement => ({
    ...{ value: '', hidden: false, textContent: '', innerHTML: '' },
    addEventListener: (_, listener) => {
      typed = listener;
    },
  });
  const [box, count, results, everything] = [element(), element(), element(), element()];
  const ids: Record<string, SearchElement> = { 'search-here': box, found: count, results, everything };
  startSearch({ getElementById: (id) => ids[id] ?? null }, asked, SECTIONS);
  const type = (text: string): void => {
    box.value = text;
    typed();
  };
  return { box, count, results, everything, type };
}

test('the page begins with what the address asks for, follows what is typed, and tells how much there is', () => {
  const { box, count, results, everything, type } = page('install');
  expect([box.value, count.textContent, everything.hidden]).toEqual(['install', '2 results', true]);
  type('release');
  expect([count.textContent, results.innerHTML.match(/<li>/g)?.length]).toEqual(['1 result', 1]);
  type('zzz');
  expect([count.textContent, results.innerHTML, everything.hidden]).toEqual([
    'Nothing has all of these words. All pages:',
    '',
    false,
  ]);
  type('');
  expect([count.textContent, everything.hidden]).toEqual(['', false]);
});

test('what is searched is what a reader reads: text, lists, tables and examples, but no comment', () => {
  const parts = partsOf(
    'before\n# A `b`\n<!-- made -->\ntext *one* &amp; two\n\n- x\n  - y\n\n|h|\n|-|\n|`c`|\n\n```sh\nrun --it\n```\n## A b\n',
  );
  expect(parts).toEqual([
    { heading: '', anchor: '', text: 'before' },
    { heading: 'A b', anchor: 'a-b', text: 'text one & two x y h c run --it' },
    { heading: 'A b', anchor: 'a-b-1', text: '' },
  ]);
});
