import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../../crds/meta.ts';
import { openApiSchema } from '../../kube/index.ts';
import { readyObject } from '../../kube/ready-object.ts';
import { ArraySource } from '../../kube/testing/array-source.ts';
import { ownResource } from './definition.ts';
import { gadgets } from './testing/gadgets.ts';

const source = new ArraySource<KubernetesObject>(() => ({}));
const metadata = {
  name: 'a',
  namespace: 'n',
  uid: 'u',
  resourceVersion: '1',
  creationTimestamp: '2026-11-21T07:00:00Z',
};
const object = { apiVersion: 'faultline.dev/v1alpha1', kind: 'Gadget', metadata, spec: { color: 'red' } };

/** What a cell may not be: a function, text that is no JSON, an object. */
const STRANGE: readonly unknown[] = [
  ...[3n, () => 'x', Symbol('x'), Number.NaN, Number.POSITIVE_INFINITY, ['x'], {}, { since: 3 }],
  ...[new Date(0), { since: Symbol('x') }],
];

describe('what is served of a module', () => {
  it('is in our group, with names and columns completed', () => {
    const definition = ownResource(gadgets(), source);
    expect(definition).toMatchObject({
      ...{ group: 'faultline.dev', version: 'v1alpha1', plural: 'gadgets', singular: 'gadget', listKind: 'GadgetList' },
      ...{ namespaced: true, shortNames: [], categories: [], selectableFields: ['spec.color'] },
    });
    expect(definition.columns.map(({ name, type }) => [name, type])).toEqual([
      ['Name', 'string'],
      ['Color', 'string'],
      ['Age', 'string'],
    ]);
    expect(definition.columns.map((column) => column.cell(object))).toEqual([
      'a',
      'red',
      { since: '2026-11-21T07:00:00Z' },
    ]);
    expect(definition.fields(object)).toEqual({ 'spec.color': 'red' });
  });

  it('O7 has the schema of the module, with its descriptions', () => {
    const { spec } = ownResource(gadgets(), source).schema;
    expect(openApiSchema(spec ?? {})).toMatchObject({ type: 'object', required: ['color'], properties: { color: {} } });
  });

  it('shows an object that the module does not understand, with empty cells', () => {
    const fails = (): never => {
      throw new Error('no');
    };
    const module = {
      ...gadgets(),
      columns: [
        { name: 'A', description: '', cell: fails },
        { name: 'B', description: '', cell: () => undefined as unknown as string },
        ...STRANGE.map((cell) => ({ name: 'C', description: '', cell: () => cell as string })),
      ],
      selectableFields: { 'spec.a': fails, 'spec.b': () => undefined, 'spec.c': () => 3 as unknown as string },
    };
    const definition = ownResource(module, source);
    expect(definition.columns.slice(1, 3).map((column) => column.cell(object))).toEqual([null, null]);
    expect(definition.fields(object)).toEqual({ 'spec.c': '3' });
    const row = readyObject(definition, object);
    const chunks = row.bytes.toString('utf8', row.cellsStart);
    expect(JSON.parse(`[${chunks}]`)).toEqual(['a', null, null, ...STRANGE.map(() => null), '']);
  });

  it('is selected by text that can be stored', () => {
    const selectableFields = { 'spec.a': () => 'a\u0000\ud83d' };
    expect(ownResource({ ...gadgets(), selectableFields }, source).fields(object)).toEqual({
      'spec.a': 'a\ufffd\ufffd',
    });
  });
});
