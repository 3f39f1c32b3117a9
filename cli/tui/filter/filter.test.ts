import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SEVERITIES } from '../../../crds/issue-words.ts';
import { type Given, MORNING, NOW, rowOf } from '../testing/issues.ts';
import { FIELDS, type Filter, NUMBER_FIELDS, OPERATORS, PROPERTIES, type Term } from './ast.ts';
import { compile, globTest, isTimed } from './match.ts';
import { parseFilter } from './parse.ts';
import { printFilter } from './print.ts';

const rows = MORNING.map(rowOf);

/** Names, without their ends, of the issues of the morning that a filter keeps. */
function kept(text: string): string[] {
  const { filter, fault } = parseFilter(text);
  if (filter === undefined) throw new Error(fault);
  const keeps = compile(filter);
  return rows.filter((row) => keeps(row, NOW)).map(({ name }) => name.replace(/^\w+-(\w+)-\w+$/, '$1'));
}

describe('the language of filters', () => {
  it.each([
    ['', ['payments', 'cart', 'nightly', 'search', 'docs', 'old']],
    ['PAYMENTS', ['payments']],
    ['exit "code 1"', ['payments']],
    ['sev:critical', ['payments', 'nightly']],
    ['sev:critical,info', ['payments', 'nightly', 'docs']],
    ['sev>=major', ['payments', 'cart', 'nightly', 'old']],
    ['sev<major state:active', ['search', 'docs']],
    ['ns:check*', ['payments', 'cart']],
    ['ns:checkout !type:security', ['payments']],
    ['age>1h age<2d', ['cart', 'nightly']],
    ['age<15m', ['payments']],
    ['is:acked', ['cart']],
    ['!is:acked ns:checkout', ['payments']],
    ['is:linked', ['payments']],
    ['/signed|timed/', ['cart', 'nightly']],
    ['!/fails|timed|ready/ state:active', ['cart', 'docs']],
    ['re:^docs:', ['docs']],
    ['~pymn:bf', ['payments']],
    ['~zzz', []],
    ['group:cve-*', ['payments']],
    ['app:shop', ['payments', 'cart']],
    ['reason:Timeout,Unsigned', ['cart', 'nightly']],
    ['count>=1 reopened=0 state:resolved', ['old']],
    ['日本語', ['docs']],
    ['BÜRO', ['search']],
  ])('%j keeps %j', (text, names) => {
    expect(kept(text)).toEqual(names);
  });

  it.each([
    ['sev:critcal', 'severity:critcal: none of critical, major, minor, info; did you mean "critical"?'],
    ['sev>=bad', 'severity:bad: none of'],
    ['state:open', 'state:open: none of active, resolved'],
    ['age>soon', 'age>soon: write how long, for example age>1h'],
    ['count>many', 'count>many: write a number'],
    ['is:lost', 'is:lost: nothing is that; there is acknowledged'],
    ['ns>a', 'ns>: only numbers, ages and severities have an order'],
    ['/(/', '/(/: '],
  ])('%j is told what is wrong with it', (text, fault) => {
    expect(parseFilter(text).fault).toContain(fault);
  });

  it('what is on its way to a word is not told off', () => {
    expect(kept('sev:crit')).toEqual(['payments', 'nightly']);
    for (const begun of ['sev:', 'age>', 'is:', '!', '/', '~', 're:', '"', 'sev>='])
      expect(parseFilter(begun).fault).toBeUndefined();
  });

  it('a colon in a text is text', () => {
    expect(kept('payments:')).toEqual(['payments']);
    expect(parseFilter('https://x').filter).toEqual([{ not: false, kind: 'text', text: 'https://x' }]);
  });

  it('knows which filters time alone changes', () => {
    expect(
      ['age>1h', 'seen<5m', 'is:snoozed', 'sev:major x'].map((text) => isTimed(parseFilter(text).filter ?? [])),
    ).toEqual([...[true, true, true, false]]);
  });
});

/** Every UTF-16 unit, alone and together. */
const anyText = fc.array(fc.nat(0xffff), { maxLength: 12 }).map((units) => String.fromCharCode(...units));
const word = fc.stringMatching(/^[a-z][a-z0-9.]{0,8}$/);
const value = fc.stringMatching(/^[a-z0-9*][a-z0-9*.-]{0,8}$/);
const test: fc.Arbitrary<Omit<Term, 'not'>> = fc.oneof(
  word.map((text) => ({ kind: 'text' as const, text })),
  fc.record({
    kind: fc.constant('field' as const),
    field: fc.constantFrom(...FIELDS.filter((field) => field !== 'severity' && field !== 'state')),
    values: fc.array(value, { minLength: 1, maxLength: 3 }),
  }),
  fc
    .subarray([...SEVERITIES], { minLength: 1 })
    .map((values) => ({ kind: 'field' as const, field: 'severity' as const, values })),
  fc.record({
    kind: fc.constant('compare' as const),
    number: fc.constantFrom(...NUMBER_FIELDS.filter((number) => number === 'age' || number === 'seen')),
    operator: fc.constantFrom(...OPERATORS),
    value: fc.tuple(fc.nat(99), fc.constantFrom('s', 'm', 'h', 'd')).map(([number, unit]) => `${number}${unit}`),
  }),
  fc.record({
    kind: fc.constant('compare' as const),
    number: fc.constantFrom('count' as const, 'reopened' as const),
    operator: fc.constantFrom(...OPERATORS),
    value: fc.nat(9).map(String),
  }),
  fc.record({ kind: fc.constant('is' as const), what: fc.constantFrom(...PROPERTIES) }),
  fc.stringMatching(/^[a-z|.]{1,6}$/).map((source) => ({ kind: 'regex' as const, source })),
  word.map((text) => ({ kind: 'fuzzy' as const, text })),
);
const filter = fc.array(
  fc.tuple(fc.boolean(), test).map(([not, one]) => ({ not, ...one }) as Term),
  { maxLength: 4 },
);
const given: fc.Arbitrary<Given> = fc.record({
  name: fc.stringMatching(/^[a-z]{1,8}$/),
  namespace: fc.constantFrom('team-a', 'team-b', 'shop'),
  severity: fc.constantFrom(...SEVERITIES),
  title: fc.string({ maxLength: 20 }),
  state: fc.constantFrom('Active' as const, 'Resolved' as const),
  openedAt: fc.integer({ min: NOW - 9e8, max: NOW }).map((ms) => new Date(ms).toISOString()),
  acknowledged: fc.boolean(),
});

describe('properties of filters', () => {
  it('a filter that is printed and read again is the same', () => {
    fc.assert(
      fc.property(filter, (terms) => {
        expect(parseFilter(printFilter(terms)).filter).toEqual(terms);
      }),
    );
  });

  it('every text is a filter or has one line that says what is wrong, and nothing is thrown', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), anyText, filter.map(printFilter)), (text) => {
        const parsed = parseFilter(text);
        if (parsed.filter === undefined) expect(parsed.fault).toMatch(/^.+$/s);
        else for (const row of rows) expect(typeof compile(parsed.filter)(row, NOW)).toBe('boolean');
      }),
    );
  });

  it('not is not, together is and, and more terms keep less', () => {
    fc.assert(
      fc.property(filter, filter, given, (a, b, one) => {
        const row = rowOf(one);
        const keeps = (terms: Filter) => compile(terms)(row, NOW);
        expect(keeps([...a, ...b])).toBe(keeps(a) && keeps(b));
        for (const term of a) expect(keeps([{ ...term, not: !term.not }])).toBe(!keeps([term]));
      }),
    );
  });

  it('a glob is the regular expression that it looks like', () => {
    const glob = fc.stringMatching(/^[ab*]{0,6}$/);
    fc.assert(
      fc.property(glob, fc.stringMatching(/^[ab]{0,8}$/), (pattern, text) => {
        const expected = new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(text);
        expect(globTest(pattern)(text)).toBe(expected);
      }),
    );
  });
});
