import { expect, test } from 'vitest';
import { didYouMean, suggest } from './suggest.ts';

test.each([
  ['concurency', 'concurrency'],
  ['namespcaes', 'namespaces'],
  ['USE', 'use'],
])('%s was probably meant to be %s', (word, meant) => {
  expect(suggest(word, ['use', 'namespaces', 'concurrency', 'enabled'])).toBe(meant);
});

test('a swap of neighbours is one edit, so that short words are found', () => {
  expect(suggest('ues', ['use'])).toBe('use');
});

test('the beginning of one word is that word, and of two of them neither', () => {
  expect(suggest('conc', ['concurrency', 'enabled'])).toBe('concurrency');
  expect(suggest('conc', ['concurrency', 'conclusions'])).toBeUndefined();
});

test('nothing is suggested for a word that resembles none', () => {
  expect(suggest('colour', ['use', 'namespaces'])).toBeUndefined();
  expect(didYouMean('colour', ['use'])).toBe('');
});
