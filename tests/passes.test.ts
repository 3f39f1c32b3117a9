import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { NOT_AGAIN_ON_PGLITE } from './e2e/passes.ts';
import { LONGEST } from './longest-first.ts';

test.each([...LONGEST, ...Object.keys(NOT_AGAIN_ON_PGLITE)])(
  '%s, which the plan of the e2e tests names, is there',
  (name) => {
    expect(existsSync(join(import.meta.dirname, '..', name))).toBe(true);
  },
);
