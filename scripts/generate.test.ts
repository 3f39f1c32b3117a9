import { join } from 'node:path';
import { expect, test } from 'vitest';
import { outdated } from './generate.ts';

test('what is generated from the schemas is up to date (npm run generate)', () => {
  expect(outdated(join(import.meta.dirname, '..', 'crds', 'generated'))).toEqual([]);
});

test('a file that is missing or was edited counts as outdated', () => {
  expect(outdated('/nowhere')).toContain('faultline.schema.json');
});
