import { expect, it } from 'vitest';
import { Strings } from './strings.ts';

it('equal texts stay equal, and a full table begins again', () => {
  const strings = new Strings(2);
  for (const text of ['a', 'b', 'c', 'a']) expect(strings.of(text)).toBe(text);
});

it('a record is copied, whatever its keys are', () => {
  const record = Object.freeze({ a: 'x', 'b/c': 'y' });
  const copy = new Strings().values(record);
  expect(copy).toEqual(record);
  expect(copy).not.toBe(record);
});
