import { array, assert, constantFrom, dictionary, integer, json, letrec, oneof, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonValues, NotJson } from './json-values.ts';

const valuesOf = (text: string): unknown[] => jsonValues(text).map(({ value }) => value);
const linesOf = (text: string): number[] => jsonValues(text).map(({ line }) => line);

describe('values of JSON', () => {
  it('are those of arrays and lists, and one behind the other, each with its line', () => {
    expect(linesOf('[\n {"a": 1},\n\n {"b": [1,\n2]}, {"c": "x\\n"}\n]')).toEqual([2, 4, 5]);
    expect(linesOf('{"a": 1}\n{"b": 2}\r\n\n{"c": 3}\n')).toEqual([1, 2, 4]);
    expect(linesOf('{"kind": "List", "metadata": {"items": 3},\n"items": [{"a": 1},\n{"b": 2}], "z": [1,\n2]}\n{}')).toEqual([2, 3, 5]);
    expect(valuesOf('{"\\u0069tems": [1, [2, "]"]]} []')).toEqual([1, 2, ']']);
  }); // biome-ignore format: as they are read

  it('are those that JSON.parse reads, however they are written', () => {
    const { value } = letrec((tie) => ({
      value: oneof(integer(), string(), json(), array(tie('value'), { maxLength: 3 }), tie('map')),
      map: dictionary(constantFrom('a', 'item', 'x"\\'), tie('value'), { maxKeys: 3 }),
    }));
    assert(
      property(array(value), constantFrom(0, 1, '\t'), (values, space) => {
        const flat = (one: unknown): unknown[] => (Array.isArray(one) ? one.flatMap(flat) : [one]);
        const text = values.map((one) => JSON.stringify(one, null, space)).join('\n');
        expect(valuesOf(text)).toEqual(values.flatMap(flat));
        expect(valuesOf(JSON.stringify({ kind: 'List', items: values }, null, space))).toEqual(values.flatMap(flat));
      }),
    );
  });

  it('have strings of megabytes, with whatever is escaped in them', () => {
    for (const text of ['x'.repeat(20_000_000), '\\'.repeat(2_000_000), '"\\'.repeat(2_000_000)]) {
      const [value] = valuesOf(JSON.stringify({ text })) as [{ text: string }];
      expect(value.text === text).toBe(true);
    }
  });

  it.each([
    ['{"a": 1}\n{"b": }\n', 2, 1],
    ['{"a": 1}\n\n{"b":\n', 3, 1],
    ['[{"a": 1},\n]', 2, 1],
    ['[{"a": 1} {"b": 2}]', 1, 1],
    ['{"a": "b\n"}', 1, 0],
    ['{"a": 1}\n{"a": "b}\n{"c": "d"}', 2, 1],
    ['{"a": "b\\"}', 1, 0],
    ['{a: 1}', 1, 0],
    ['[', 1, 0],
    [`${'['.repeat(100_000)}`, 1, 0],
    ['}', 1, 0],
  ])('%j is none at line %i', (text, line, read) => {
    expect(() => jsonValues(text)).toThrow(NotJson);
    try {
      jsonValues(text);
    } catch (error) {
      expect(error).toMatchObject({ line, read });
    }
  });
});
