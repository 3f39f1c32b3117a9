import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  allOf,
  type FieldTerm,
  matchesFields,
  parseFieldSelector,
  requiredValue,
  requireKnownFields,
} from './field-selector.ts';

const matches = (selector: string, fields: Record<string, string>) =>
  matchesFields(parseFieldSelector(selector), (name) => fields[name]);

describe('field selectors', () => {
  it.each([
    ['', true],
    ['name=a', true],
    ['name==a', true],
    ['name!=a', false],
    ['name=a,state=Active', true],
    ['name=a,state!=Active', false],
    ['missing=', true],
    ['missing!=x', true],
    [',name=a,', true],
    ['text=a\\,b\\=c\\\\d', true],
    ['name=', false],
  ])('F2 %j on the fields is %j', (selector, expected) => {
    expect(matches(selector, { name: 'a', state: 'Active', text: 'a,b=c\\d' })).toBe(expected);
  });

  it.each(['name', 'name=a=b', 'name=a\\b', 'name=a\\', 'name in (a)'])('F2 %j is a bad request', (selector) => {
    expect(() => parseFieldSelector(selector)).toThrow(/invalid/);
  });

  it('F3 the first unknown field is named, with those that are known', () => {
    const selector = parseFieldSelector('metadata.name=a,x=1');
    expect(() => requireKnownFields(selector, ['metadata.name'])).toThrow(
      '"x" is not a known field selector: only "metadata.name"',
    );
  });

  it('A9 the required value is that of an equality, not of an inequality', () => {
    expect(requiredValue(parseFieldSelector('name!=a'), 'name')).toBeUndefined();
    expect(requiredValue(parseFieldSelector('x=y,name==a'), 'name')).toBe('a');
  });

  it('F2 an object is looked at once a field, however many terms there are about it', () => {
    const terms = Array.from({ length: 1_000 }, (_, index) => `name!=x${index}`);
    const asked: string[] = [];
    const fields = (name: string): string => {
      asked.push(name);
      return 'a';
    };
    expect(matchesFields(parseFieldSelector(terms.join(',')), fields)).toBe(true);
    expect(asked).toEqual(['name']);
  });

  const term: fc.Arbitrary<FieldTerm> = fc.record({
    field: fc.constantFrom('metadata.name', 'status.state'),
    operator: fc.constantFrom('=' as const, '!=' as const),
    value: fc.string({ unit: fc.constantFrom('a', 'b', ',', '=', '\\', '!', ' ', 'ü') }),
  });

  it('F2 what is printed parses to the same selector, whatever the values contain', () => {
    fc.assert(
      fc.property(fc.array(term), (terms) => {
        expect(parseFieldSelector(print(terms))).toEqual(allOf(terms));
      }),
    );
  });

  it('F2 all terms must hold', () => {
    fc.assert(
      fc.property(
        fc.array(term),
        fc.dictionary(fc.constantFrom('metadata.name', 'status.state'), fc.string()),
        (terms, object) => {
          const expected = terms.every((one) => ((object[one.field] ?? '') === one.value) === (one.operator === '='));
          expect(matchesFields(allOf(terms), (name) => object[name])).toBe(expected);
        },
      ),
    );
  });
});

function print(terms: readonly FieldTerm[]): string {
  return terms.map(({ field, operator, value }) => `${field}${operator}${value.replace(/[\\,=]/g, '\\$&')}`).join(',');
}
