import { expect, test, vi } from 'vitest';
import type { SqlStore } from '../../apiserver/store/sql-store.ts';
import { followWhenOpened } from './follow-when-opened.ts';

test('the change log is followed once the database was reached, at once then', async () => {
  const { promise: opened, resolve } = Promise.withResolvers<SqlStore>();
  const start = vi.fn();
  followWhenOpened({ opened }, { start });
  await Promise.resolve();
  expect(start).not.toHaveBeenCalled();
  resolve({} as SqlStore);
  await opened;
  expect(start).toHaveBeenCalledOnce();
});

test('and not where the database can never be used', async () => {
  const start = vi.fn();
  const opened = Promise.reject(new Error('of another cluster'));
  followWhenOpened({ opened }, { start });
  await opened.catch(() => {});
  await Promise.resolve();
  expect(start).not.toHaveBeenCalled();
});
