import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maskSecrets } from './mask-secrets.ts';
import { maskedLine, maskedLines } from './masked-text.ts';
import { multiLine, oneLine } from './text.ts';

const parts = fc.constantFrom(
  'password=hunter2',
  'pass\u0000word: x',
  'all is well',
  ' ',
  '\n',
  '\u001b[31m',
  '\u202e',
  'é',
  '😀',
  'x'.repeat(30),
);
const texts = fc.array(parts, { maxLength: 8 }).map((all) => all.join(''));

test('masked text is cleaned, masked, cleaned again and cut; what has nothing to mask is cleaned once', () => {
  fc.assert(
    fc.property(texts, fc.integer({ min: 8, max: 80 }), (text, max) => {
      const endless = Number.POSITIVE_INFINITY;
      expect(maskedLine(text, max)).toBe(oneLine(maskSecrets(oneLine(text, endless)), max));
      expect(maskedLines(text, max)).toBe(multiLine(maskSecrets(multiLine(text, endless)), max));
    }),
  );
});
