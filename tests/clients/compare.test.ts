import { describe, expect, test } from 'vitest';
import { difference, digest } from './compare.ts';

const issue = (name: string, change: object = {}) => ({
  metadata: { namespace: 'a', name, uid: `uid-${name}`, resourceVersion: '7' },
  spec: { title: 't', links: [{ rel: 'log', url: 'u' }] },
  ...change,
});
const compare = (held: ReturnType<typeof issue>[], served: ReturnType<typeof issue>[]) =>
  difference(digest(held, 'whole'), digest(served, 'whole'));

describe('what a client holds differs from what is served', () => {
  test('not by the order of objects or of their keys', () => {
    const turned = { spec: { links: [{ url: 'u', rel: 'log' }], title: 't' }, metadata: issue('x').metadata };
    expect(compare([issue('y'), turned], [issue('x'), issue('y')])).toBeUndefined();
  });

  test.each([
    ['an object that was not seen', [], [issue('x')]],
    ['an object that is gone', [issue('x')], []],
    ['an object held twice', [issue('x'), issue('x')], [issue('x')]],
    ['a value deep inside', [issue('x', { status: { conditions: [{ status: 'True' }] } })], [issue('x')]],
    ['a uid', [issue('x')], [issue('x', { metadata: { ...issue('x').metadata, uid: 'other' } })]],
    ['a resourceVersion', [issue('x')], [issue('x', { metadata: { ...issue('x').metadata, resourceVersion: '8' } })]],
  ])('by %s', (_what, held, served) => {
    expect(compare(held, served)).toBeTypeOf('string');
  });

  test('by having no complete list', () => {
    expect(difference(null, [])).toBe('holds no complete list');
  });

  test('in its metadata alone, for a client that holds nothing else', () => {
    const other = issue('x', { spec: { title: 'other' } });
    expect(difference(digest([issue('x')], 'metadata'), digest([other], 'metadata'))).toBeUndefined();
  });
});
