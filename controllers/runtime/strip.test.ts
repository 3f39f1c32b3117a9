import { describe, expect, it } from 'vitest';
import type { ClusterObject } from './object.ts';
import { createStrip, MAX_ANNOTATION } from './strip.ts';

const object = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {
    name: 'web',
    namespace: 'shop',
    uid: 'u',
    resourceVersion: '7',
    generation: 3,
    labels: { app: 'web', odd: 7 },
    annotations: {
      small: 'kept',
      large: 'x'.repeat(MAX_ANNOTATION + 1),
      'example.com/declared': 'y'.repeat(MAX_ANNOTATION + 1),
      'kubectl.kubernetes.io/last-applied-configuration': '{}',
    },
    ownerReferences: [{ apiVersion: 'v1', kind: 'Owner', name: 'o', uid: 'ou' }, 'nonsense', { uid: 1 }],
    managedFields: [{ manager: 'kubectl' }],
  },
  spec: { template: { spec: { containers: [{ name: 'a', image: 'i', env: [1] }, { name: 'b' }] } }, replicas: 2 },
  status: { conditions: [{ type: 'Ready', status: 'True', message: 'long', lastTransitionTime: 't' }], replicas: 2 },
} as unknown as ClusterObject;

describe('field stripping', () => {
  it('keeps identity, labels, annotations and owners, and drops the rest', () => {
    const stripped = createStrip([])(object);
    expect(stripped.spec).toBeUndefined();
    expect(stripped.metadata).toEqual({
      name: 'web',
      namespace: 'shop',
      uid: 'u',
      resourceVersion: '7',
      generation: 3,
      labels: { app: 'web' },
      annotations: { small: 'kept' },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Owner', name: 'o', uid: 'ou' }],
    });
  });

  it('keeps declared paths, also through lists and written with brackets', () => {
    const stripped = createStrip(['spec.template.spec.containers[].image', 'spec.replicas'])(object);
    expect(stripped.spec).toEqual({ template: { spec: { containers: [{ image: 'i' }, {}] } }, replicas: 2 });
    expect(createStrip(['spec'])(object).spec).toEqual(object.spec);
  });

  it('always keeps what says when something finished, messages only when declared', () => {
    const condition = { type: 'Ready', status: 'True', lastTransitionTime: 't' };
    expect(createStrip([])(object).status).toEqual({ conditions: [condition] });
    expect(createStrip(['status.conditions'])(object).status).toEqual({
      conditions: [{ ...condition, message: 'long' }],
    });
  });

  it('keeps a key that has dots, named in quotes, and nothing beside it', () => {
    const secret = { ...object, data: { 'tls.crt': 'public', 'tls.key': 'private', tls: { crt: 'other' } } };
    expect(createStrip(['data["tls.crt"]'])(secret).data).toEqual({ 'tls.crt': 'public' });
    const nested = { ...object, spec: { list: [{ 'a.b': { c: 1, d: 2 } }] } };
    expect(createStrip(['spec.list[]["a.b"].c'])(nested).spec).toEqual({ list: [{ 'a.b': { c: 1 } }] });
  });

  it('keeps a large annotation that is declared', () => {
    const stripped = createStrip(['metadata.annotations.example.com/declared'])(object);
    expect(Object.keys(stripped.metadata.annotations ?? {})).toEqual(['small', 'example.com/declared']);
  });

  it('keeps of the annotations of a Secret only declared ones: tools keep a copy of what they applied there', () => {
    const annotations = {
      'kapp.k14s.io/original': '{"data":{"tls.key":"cHJpdmF0ZQ=="}}',
      empty: '',
      'a.b/name': 'pay',
    };
    const secret = { ...object, apiVersion: 'v1', kind: 'Secret', metadata: { ...object.metadata, annotations } };
    const fields = ['data["tls.crt"]', 'metadata.annotations.a.b/name'];
    expect(createStrip(fields)(secret).metadata.annotations).toEqual({ 'a.b/name': 'pay' });
    expect(createStrip([])(secret).metadata.annotations).toEqual({});
    expect(createStrip(['metadata.annotations'])(secret).metadata.annotations).toEqual(annotations);
  });

  it('freezes what it keeps and leaves the original alone', () => {
    const stripped = createStrip(['spec'])(structuredClone(object));
    expect(() => ((stripped.spec as { replicas: number }).replicas = 9)).toThrow(TypeError);
    expect(Object.isFrozen(stripped.metadata.labels)).toBe(true);
    expect(Object.isFrozen(object)).toBe(false);
  });

  it.each([
    ['labels that are a list', { labels: [1] }],
    ['annotations that are text', { annotations: 'x' }],
    ['owners that are none', { ownerReferences: { a: 1 } }],
    ['times that are numbers', { creationTimestamp: 7, uid: null }],
  ])('survives %s', (_, metadata) => {
    const hostile = { apiVersion: 'v1', kind: 'X', metadata: { name: 'n', ...metadata }, status: { conditions: 'no' } };
    const stripped = createStrip(['status.conditions.type', 'metadata.labels.x'])(hostile as unknown as ClusterObject);
    expect(stripped.metadata.name).toBe('n');
    expect(stripped.metadata.creationTimestamp).toBeUndefined();
  });
});
