import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LabelRequirement, type LabelSelector, matchesLabels, parseLabelSelector } from './label-selector.ts';

const matches = (selector: string, labels: Record<string, string>) =>
  matchesLabels(parseLabelSelector(selector), labels);

const LABELS = { a: 'x', c: '', size: '7', 'example.dev/tier': 'web' };

describe('label selectors', () => {
  it.each([
    ['', true],
    ['a', true],
    ['b', false],
    ['!b', true],
    ['! a', false],
    ['a=x', true],
    ['a==x', true],
    ['a = y', false],
    ['a!=y', true],
    ['b!=y', true],
    ['a!=x', false],
    ['a in (x,y)', true],
    ['a in ( y , x )', true],
    ['b in (x)', false],
    ['a notin (x)', false],
    ['b notin (x)', true],
    ['c=', true],
    ['c', true],
    ['c in (,z)', true],
    ['c in (z,)', true],
    ['a in (x),c', true],
    ['c in ()', true],
    ['a in ()', false],
    ['c notin ()', false],
    ['a notin ()', true],
    ['size>6', true],
    ['size > 7', false],
    ['size<8', true],
    ['a>1', false],
    ['b<1', false],
    ['example.dev/tier=web,a in (x,y),!b,c!=d', true],
    ['in in (x)', false],
    ['notin', false],
    ['in=x', false],
  ])('F1 %j on the labels is %j', (selector, expected) => {
    expect(matches(selector, LABELS)).toBe(expected);
  });

  it.each([
    'a,',
    ',a',
    'a b',
    'a in',
    'a in x',
    'a in (x',
    'a in (x y)',
    'a=(',
    'a==!x',
    '!',
    '!a=b',
    '!!a',
    'a>x',
    'a>1.5',
    'a<',
    'a>-1',
    'a>99999999999999999999',
    '=x',
    '-a=x',
    'a/b/c=x',
    '/a=x',
    'UPPER.dev/a=x',
    `${'k'.repeat(64)}=x`,
    `a=${'v'.repeat(64)}`,
    'a=-x',
    'a in (x,-y)',
    '()',
    'a=x)',
  ])('F1 %j is a bad request that says what was expected', (selector) => {
    expect(() => parseLabelSelector(selector)).toThrow(/^(unable to parse requirement: .|found ')/);
  });

  it('F1 a label named like a property of every object is only there when it is', () => {
    expect(matches('constructor', {})).toBe(false);
    expect(matches('!toString', {})).toBe(true);
  });

  const key = fc.constantFrom('a', 'b', 'in', 'notin', 'example.dev/tier', 'A_b-c.d');
  const value = fc.constantFrom('', 'x', 'y', '7', '12', '-', 'in').filter((text) => text !== '-');
  const requirement: fc.Arbitrary<LabelRequirement> = fc.oneof(
    fc.record({ operator: fc.constantFrom('exists' as const, 'absent' as const), key }),
    fc.record({
      operator: fc.constantFrom('in' as const, 'notin' as const),
      key,
      values: fc.uniqueArray(value, { minLength: 1 }).map((values) => new Set(values)),
    }),
    fc.record({ operator: fc.constantFrom('>' as const, '<' as const), key, value: fc.bigInt(0n, 20n) }),
  );
  const labels = fc.dictionary(key, value);

  it('F1 what is printed parses to the same selector', () => {
    fc.assert(
      fc.property(fc.array(requirement), (selector) => {
        expect(parseLabelSelector(print(selector))).toEqual(selector);
      }),
    );
  });

  it('F1 spaces change nothing', () => {
    fc.assert(
      fc.property(fc.array(requirement), fc.constantFrom(' ', '  ', '\t', '\n'), (selector, space) => {
        const spaced = print(selector).replace(/!=|[(),!<>=]/g, `${space}$&${space}`);
        expect(parseLabelSelector(spaced)).toEqual(selector);
      }),
    );
  });

  it('F1 matching is what the words mean, requirement by requirement', () => {
    fc.assert(
      fc.property(fc.array(requirement), labels, (selector, object) => {
        expect(matchesLabels(selector, object)).toBe(
          selector.every((one) => oracle(one, new Map(Object.entries(object)))),
        );
      }),
    );
  });

  it('F1 no text makes the parser fail in another way than by refusing it', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab=!(),<> in/notin.'.split('')) }), (text) => {
        try {
          parseLabelSelector(text);
        } catch (error) {
          expect(error).toMatchObject({ reason: 'BadRequest' });
        }
      }),
    );
  });
});

function print(selector: LabelSelector): string {
  return selector.map(printRequirement).join(',');
}

function printRequirement(requirement: LabelRequirement): string {
  const { operator, key } = requirement;
  if ('value' in requirement) return `${key}${operator}${requirement.value}`;
  if (!('values' in requirement)) return operator === 'exists' ? key : `!${key}`;
  const [first, ...others] = requirement.values;
  if (others.length === 0) return `${key}${operator === 'in' ? '=' : '!='}${first}`;
  return `${key} ${operator} (${[first, ...others].join(',')})`;
}

/** The meaning of one requirement, written down a second time. */
function oracle(requirement: LabelRequirement, labels: ReadonlyMap<string, string>): boolean {
  const has = labels.has(requirement.key);
  const value = labels.get(requirement.key) ?? '';
  if (requirement.operator === 'exists' || requirement.operator === 'absent') {
    return has === (requirement.operator === 'exists');
  }
  if ('values' in requirement) {
    const listed = has && [...requirement.values].some((one) => one === value);
    return requirement.operator === 'in' ? listed : !listed;
  }
  if (!('value' in requirement) || !has || !/^\d+$/.test(value)) return false;
  return requirement.operator === '>'
    ? Number(value) > Number(requirement.value)
    : Number(value) < Number(requirement.value);
}
