import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonProjection, type Shape } from './json-projection.ts';
import type { ClusterObject } from './object.ts';
import { createStrip, shapeOf } from './strip.ts';

const read = (text: string, shape: Shape): unknown => new JsonProjection(shape).parse(Buffer.from(text));
const some = (members: Record<string, Shape>, others = false): Shape => ({
  members: new Map(Object.entries(members)),
  others,
});

describe('a projection of JSON', () => {
  it('reads the wanted members and skips the others, whatever they hold', () => {
    const text = '{"a":{"x":"}\\"]","y":[1,{"z":"\\\\"}]},"b":[1,2],"c":"\\u007d","d":null}';
    expect(read(text, some({ b: true, d: true }))).toEqual({ b: [1, 2], d: null });
    expect(read(text, some({ a: some({ y: true }) }))).toEqual({ a: { y: [1, { z: '\\' }] } });
    expect(read(text, some({ a: false }, true))).toEqual({ b: [1, 2], c: '}', d: null });
  });

  it('looks into the items of a list, also of a list in a list', () => {
    const text = '{"items":[{"a":1,"b":2},[{"a":3,"b":4}],[],5,"b"],"rest":[]}';
    expect(read(text, some({ items: some({ a: true }) }))).toEqual({ items: [{ a: 1 }, [{ a: 3 }], [], 5, 'b'] });
  });

  it('knows a name that is written with escapes', () => {
    expect(read('{"\\u0061":1,"b":2}', some({ a: true }))).toEqual({ a: 1, b: 2 });
    expect(read('{"q\\"":1,"b":2}', some({ 'q"': true }))).toEqual({ 'q"': 1 });
  });

  it.each([
    '',
    '{',
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,}',
    '{"a" 1}',
    '{"skipped":"no end',
    '{"skipped":[1,{"b":2}',
    '{"a":1}{"a":2}',
    '{"a":1,"skipped":}',
    '{"a":tru}',
    'nonsense',
  ])('refuses what is no JSON: %s', (text) => {
    expect(() => read(text, some({ a: true }))).toThrow(SyntaxError);
  });

  const fields = fc.subarray(
    [
      'metadata.generateName',
      'metadata.annotations',
      'metadata.annotations.kubectl.kubernetes.io/last-applied-configuration',
      '*',
      'spec',
      'spec.tasks.name',
      'spec.tasks.steps.image',
      'status.conditions',
      'status.results[].value',
      'status.conditions.reason.deep',
    ],
    { minLength: 0 },
  );
  const name = fc.constantFrom(
    'name',
    'tasks',
    'steps',
    'image',
    'conditions',
    'results',
    'value',
    'reason',
    'deep',
    'q"\\',
  );
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(0, -1.5e-7, true, null, 'x'.repeat(100), '"\\"'.repeat(30)),
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(name, tie('tree'), { maxKeys: 4 }),
    ),
  }));
  const metadata = fc.record(
    {
      name: fc.constant('n'),
      generateName: tree,
      labels: fc.dictionary(name, fc.oneof(fc.string(), fc.constant(7)), { maxKeys: 3 }),
      annotations: fc.dictionary(
        fc.constantFrom('kubectl.kubernetes.io/last-applied-configuration', 'small', 'q"'),
        fc.string(),
        { maxKeys: 3 },
      ),
      managedFields: tree,
    },
    { requiredKeys: ['name'] },
  );
  const object = fc.record(
    { apiVersion: fc.constant('v1'), kind: fc.constant('X'), metadata, spec: tree, status: tree, other: tree },
    { requiredKeys: ['apiVersion', 'kind', 'metadata'] },
  );

  it('leaves of any object what stripping the whole one leaves, however its JSON is written', () => {
    fc.assert(
      fc.property(object, fields, fc.constantFrom(undefined, 1, '\t'), (value, declared, space) => {
        const text = JSON.stringify(value, undefined, space);
        const strip = createStrip(declared);
        const projected = read(text, shapeOf(declared)) as ClusterObject;
        expect(strip(projected)).toEqual(strip(JSON.parse(text) as ClusterObject));
      }),
      { numRuns: 500 },
    );
  });

  it('finds no JSON in one that was cut off', () => {
    fc.assert(
      fc.property(object, fields, fc.nat(), (value, declared, cut) => {
        const text = JSON.stringify(value);
        expect(() => read(text.slice(0, cut % text.length), shapeOf(declared))).toThrow(SyntaxError);
      }),
    );
  });
});
