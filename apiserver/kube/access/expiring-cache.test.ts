import { expect, it } from 'vitest';
import { ExpiringCache } from './expiring-cache.ts';

it('forgets an entry when its time is over, not before', () => {
  let now = 0;
  const cache = new ExpiringCache<string>(10, () => now);
  cache.set('a', 'x', 100);
  now = 99;
  expect(cache.get('a')).toBe('x');
  now = 100;
  expect(cache.get('a')).toBeUndefined();
  expect(cache.size).toBe(0);
});

it('drops what was used longest ago when it is full', () => {
  const cache = new ExpiringCache<number>(2, () => 0);
  cache.set('a', 1, 100);
  cache.set('b', 2, 100);
  cache.get('a');
  cache.set('c', 3, 100);
  expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([1, undefined, 3]);
});

it('replaces an entry without dropping another', () => {
  const cache = new ExpiringCache<number>(2, () => 0);
  cache.set('a', 1, 100);
  cache.set('b', 2, 100);
  cache.set('b', 3, 100);
  expect([cache.get('a'), cache.get('b')]).toEqual([1, 3]);
});
