import { expect, test } from 'vitest';
import { breaksConnection, storeError } from './errors.ts';
import { CommitRefused, StoreUnavailable } from './store.ts';

const answer = (code: string) => Object.assign(new Error('the message'), { code, severity: 'ERROR' });

test.each([
  ['22P05', 'untranslatable character', CommitRefused],
  ['23505', 'unique violation', CommitRefused],
  ['54000', 'index row too large', CommitRefused],
  ['57014', 'statement timeout', StoreUnavailable],
  ['55P03', 'lock timeout', StoreUnavailable],
  ['25P03', 'idle in transaction', StoreUnavailable],
  ['25006', 'read only, after a failover', StoreUnavailable],
  ['40P01', 'deadlock', StoreUnavailable],
  ['53300', 'too many connections', StoreUnavailable],
  ['57P01', 'admin shutdown', StoreUnavailable],
  ['28P01', 'wrong password', StoreUnavailable],
  ['3D000', 'no such database', StoreUnavailable],
])('%s (%s) is %o', (code, _, kind) => {
  const cause = answer(code);
  expect(storeError(cause)).toBeInstanceOf(kind);
  expect(storeError(cause)).toMatchObject({ cause, message: expect.stringContaining('the message') });
});

test('what is neither is a fault of ours and stays what it is', () => {
  const syntax = answer('42601');
  expect(storeError(syntax)).toBe(syntax);
});

test('an error without an answer of the database is a broken connection', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  for (const error of [refused, new Error('Connection terminated unexpectedly'), new Error('Query read timeout')]) {
    expect(storeError(error)).toBeInstanceOf(StoreUnavailable);
    expect(breaksConnection(error)).toBe(true);
  }
  expect(breaksConnection(answer('23505'))).toBe(false);
  expect(breaksConnection(answer('57014'))).toBe(false);
  expect(breaksConnection(answer('57P01'))).toBe(true);
});

test('EPIPE is five characters, but no SQLSTATE', () => {
  expect(breaksConnection(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))).toBe(true);
});
