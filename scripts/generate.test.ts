import { join } from 'node:path';
import { expect, test } from 'vitest';
import { outdated } from './generate.ts';

test('what is generated from schemas and tables is up to date (npm run generate)', () => {
  expect(outdated(join(import.meta.dirname, '..'))).toEqual([]);
});

test('a file that is missing or was edited counts as outdated', () => {
  expect(outdated('/nowhere')).toContain('crds/generated/faultline.schema.json');
});
