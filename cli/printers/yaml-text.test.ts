import { anything, assert, constantFrom, dictionary, oneof, property, string } from 'fast-check';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { yamlText } from './yaml-text.ts';

const WORDS = [
  ...['2026-11-22T04:08:16Z', '2026-11-22', '12:30:45', 'yes', 'No', 'on', 'y', 'null', '~', 'true', '1e3', '12e3456', '012', '0x1f'],
  ...['1_000', '.inf', '=', '<<', '- a', 'a: b', '#x', '%a', '@a', '`', '', ' a ', 'a\nb', "it's", '"', '\\', 'ü', 'v1.2'],
]; // biome-ignore format: a list

it('readers of YAML 1.1 and 1.2 read the same', () => {
  // No key of Kubernetes is `<<`, which YAML 1.1 merges whatever its quotes.
  const text = oneof(constantFrom(...WORDS), string());
  const key = text.filter((word) => word !== '<<');
  assert(
    property(
      dictionary(key, oneof(text, anything({ maxDepth: 0, withBigInt: false })), { noNullPrototype: true }),
      (object) => {
        const meant = JSON.parse(JSON.stringify(object)) as object;
        for (const version of ['1.1', '1.2'] as const) expect(parse(yamlText(meant), { version })).toEqual(meant);
      },
    ),
  );
});

it('times are texts, as in what kubectl prints', () => {
  expect(yamlText({ metadata: { creationTimestamp: '2026-11-22T04:08:16Z', name: 'a' }, items: [{ b: 1 }] })).toBe(
    'metadata:\n  creationTimestamp: "2026-11-22T04:08:16Z"\n  name: a\nitems:\n  - b: 1\n',
  );
});
