import { expect, it } from 'vitest';
import type { Issue } from '../../crds/issue.ts';
import type { IssueStatisticsStatus } from '../../crds/issue-statistics.ts';
import { openOf } from './open-then.ts';

const issue = (namespace: string, type: string, name: string): Issue =>
  ({ metadata: { namespace }, spec: { type, subject: { kind: 'Component', name } } }) as unknown as Issue;
const counts = { open: 9, opened: 1, resolved: 1 };

it('counts what was open then, also where nothing happened since', () => {
  const status = {
    ...{ since: 's', until: 'u', total: counts, days: [], mostFrequent: [] },
    namespaces: [{ ...counts, namespace: 'shop' }],
    types: [{ ...counts, type: 'build' }],
    subjects: [{ ...counts, namespace: 'shop', kind: 'Component', subject: 'web' }],
  } satisfies IssueStatisticsStatus;
  const open = [issue('shop', 'test', 'web'), issue('shop', 'test', 'api'), issue('docs', 'test', 'web')];
  expect(openOf(status, open)).toEqual({
    ...{ ...status, total: { ...counts, open: 3 } },
    namespaces: [
      { ...counts, open: 2, namespace: 'shop' },
      { open: 1, opened: 0, resolved: 0, namespace: 'docs' },
    ],
    types: [
      { ...counts, open: 0, type: 'build' },
      { open: 3, opened: 0, resolved: 0, type: 'test' },
    ],
    subjects: [{ ...counts, open: 1, namespace: 'shop', kind: 'Component', subject: 'web' }],
  });
});
