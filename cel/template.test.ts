import { describe, expect, test } from 'vitest';
import { Budget, compileTemplate, ExpressionFault, fromJson, timestamp } from './index.ts';

// Biome takes these texts for template literals that lost their quotes: they are templates of ours.
const d = '$';
const bindings = {
  object: fromJson({ name: 'web', count: 3, ready: false, list: ['a', 'b'], none: null, map: { a: 1 } }),
  now: timestamp(Date.parse('2026-11-21T10:00:00Z')),
};
const made = (text: string, units = 1_000) =>
  compileTemplate(text, ['object', 'now']).evaluate(bindings, new Budget(units));

test.each([
  ['plain', 'plain'],
  ['', ''],
  [`${d}{object.name} has ${d}{object.count}`, 'web has 3'],
  [`${d}{object.ready}/${d}{object.none}/${d}{now}`, 'false//2026-11-21T10:00:00.000Z'],
  [`${d}{object.list.join(', ')}`, 'a, b'],
  // Where an expression ends: not in a string, not at the end of a map.
  [`${d}{'}'}${d}{"\\"}"}${d}{r'\\'}${d}{'''it's }'''}`, '}"}\\it\'s }'],
  [`${d}{{'a': {'b': 'c'}}.a.b}!`, 'c!'],
  [`${d}${d}{object.name} costs ${d}5 {x}`, `${d}{object.name} costs ${d}5 {x}`],
])('%s', (text, expected) => {
  expect(made(text)).toEqual({ value: expected });
});

describe('what makes no text', () => {
  test.each([
    [`a ${d}{object.list}`, { message: "is a list: make text of it, for example with .join(', ')", offset: 4 }],
    [`a ${d}{object.map}`, { message: 'is a map: name one of its members', offset: 4 }],
    [`ab ${d}{object.nope}`, { message: 'there is no object.nope', offset: 11, missing: 'object.nope' }],
  ])('%s', (text, fault) => {
    expect(made(text)).toEqual({ fault });
  });

  test('is paid for from one budget', () => {
    expect(made(`${d}{object.name}`.repeat(10), 15).fault?.message).toContain('costs more than 15 units');
  });
});

test.each([
  [`a ${d}{x`, 'begins an expression that no "}" ends', 2],
  [`a ${d}{'x}`, 'begins an expression that no "}" ends', 2],
  [`ab ${d}{objct.x}`, 'nothing is called objct', 5],
  [`ab ${d}{}`, 'is empty', 5],
])('%s is refused at its place', (text, message, offset) => {
  try {
    compileTemplate(text, ['object']);
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(ExpressionFault);
    expect(error).toMatchObject({ message: expect.stringContaining(message), offset });
  }
});

test('a template reads what its expressions read', () => {
  const { reads, uses } = compileTemplate(`${d}{object.a.b} ${d}{now}`, ['object', 'now']);
  expect([reads, [...uses]]).toEqual([
    [['object', 'a', 'b'], ['now']],
    ['object', 'now'],
  ]);
});
