import { expect, test } from 'vitest';
import { StoreUnavailable } from '../../apiserver/store/store.ts';
import type { Issue } from '../../crds/issue.ts';
import { countIssues } from './count-issues.ts';

const issue = (state: string) => ({ status: { state } }) as Issue;
const running = new AbortController().signal;
const noPause = () => Promise.resolve();

/** Fails so often, then answers. */
function source(failures: unknown[]) {
  const left = [...failures];
  const objects = [issue('Active'), issue('Active'), issue('Resolved')];
  return {
    snapshot: async () => {
      if (left.length > 0) throw left.shift();
      return { resourceVersion: 1, floor: 0, objects };
    },
  };
}

test('a database that goes away while `up` starts is waited for', async () => {
  const away = new StoreUnavailable('the database is not available: write EPIPE');
  expect(await countIssues(source([away, away]), running, noPause)).toEqual({ active: 2, resolved: 1 });
});

test('but not after the end, and a fault of ours is told', async () => {
  const away = new StoreUnavailable('the database is not available');
  await expect(countIssues(source([away]), AbortSignal.abort(), noPause)).rejects.toBe(away);
  const fault = new Error('ours');
  await expect(countIssues(source([fault]), running, noPause)).rejects.toBe(fault);
});
