import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sameJson } from './same-json.ts';

// Few words, so that equal values come about.
const json = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, fc.constantFrom(null, true, 0, 1, '', 'a'), tie('list'), tie('record')),
  list: fc.array(tie('value'), { maxLength: 3 }),
  record: fc.dictionary(fc.constantFrom('a', 'b', '0', 'length'), tie('value'), { maxKeys: 3, noNullPrototype: true }),
})).value;

test('JSON values are the same when Node says so', () => {
  fc.assert(
    fc.property(json, json, (a, b) => {
      expect(sameJson(a, b)).toBe(isDeepStrictEqual(a, b));
      expect(sameJson(a, structuredClone(a))).toBe(true);
    }),
  );
});

test('an empty list is no empty object, and a member that is undefined is not an absent one', () => {
  expect(sameJson([], {})).toBe(false);
  expect(sameJson({ a: undefined }, {})).toBe(false);
  expect(sameJson({ a: undefined }, { b: undefined })).toBe(false);
});
