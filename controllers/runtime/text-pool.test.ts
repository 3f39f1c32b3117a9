import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TextPool } from './text-pool.ts';

it('a text stays what it is, however many were seen', () => {
  const pool = new TextPool();
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 300 })), (texts) => texts.every((text) => pool.share(text) === text)),
  );
  for (let index = 0; index < 5_000; index++) expect(pool.share(`text ${index}`)).toBe(`text ${index}`);
});
