import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Description } from 'joi';
import { expect, test } from 'vitest';
import { optionsSchema } from './options.ts';
import { REASONS } from './reasons.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/controllers/tekton-pipelinerun.md'), 'utf8');
const rows = (from: string, to: string): string[] =>
  page
    .slice(page.indexOf(from), page.indexOf(to))
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.replace(/\s+/g, ' '));

test('the table of reasons is the one in the code', () => {
  const expected = Object.entries(REASONS).map(
    ([reason, { phrase, started }]) => `| \`${reason}\` | ${phrase} | ${started ? 'yes' : 'no'} |`,
  );
  expect(rows('### Reasons', 'says whether the run')).toEqual(expected);
});

test('the table of options is the schema', () => {
  const described = (schema: Description, prefix = ''): string[] =>
    Object.entries((schema.keys ?? {}) as Record<string, Description>).flatMap(([key, option]) => {
      if (option.keys) return described(option, `${prefix}${key}.`);
      const flags = option.flags as { default?: unknown; description?: string } | undefined;
      const fallback =
        flags?.default === undefined ? 'none' : `\`${flags.default === '' ? '' : textOf(flags.default)}\``;
      const meaning = flags?.description?.replace(/\{\w+\}/g, '`$&`');
      return [`| \`${prefix}${key}\` | ${fallback} | ${meaning} |`];
    });
  expect(rows('<!-- options: begin', '<!-- options: end')).toEqual(described(optionsSchema.describe()));
});

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
