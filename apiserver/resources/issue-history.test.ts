import { describe, expect, it } from 'vitest';
import { issueRelativesStatusSchema } from '../../crds/issue-relatives.ts';
import { issueTimelineStatusSchema } from '../../crds/issue-timeline.ts';
import type { StoredIssue } from '../store/store.ts';
import { issueHistory } from './issue-history.ts';

const ISSUE = { id: 'id-1', name: 'web-a', uid: 'u-1', change: 42 } as StoredIssue;
const ANN = { name: 'ann', groups: [] };
const TIMELINE = { complete: true, events: [{ at: '2026-11-21T07:30:00Z', event: 'opened', episode: 1 }] };
const RELATIVES = { cause: null, consequences: [], related: [] };

const read = (what: 'timeline' | 'related', issue: StoredIssue | undefined) => {
  const asked: unknown[] = [];
  const answer =
    <T>(status: T) =>
    async (...about: unknown[]) => {
      asked.push(...about);
      return status;
    };
  const all = issueHistory({ issue: async () => issue }, { timeline: answer(TIMELINE), relatives: answer(RELATIVES) });
  const attachment = all.find(({ name }) => name === what);
  return { asked, answered: attachment?.read({ user: ANN, namespace: 'shop', name: 'web-a' }) };
};

describe('issues/timeline and issues/related', () => {
  it.each([
    ['timeline', TIMELINE, issueTimelineStatusSchema],
    ['related', RELATIVES, issueRelativesStatusSchema],
  ] as const)(
    '%s is what is known of the issue for whoever asks, in the form that discovery promises',
    async (what, status, schema) => {
      const { asked, answered } = read(what, ISSUE);
      expect(await answered).toEqual({ metadata: { uid: 'u-1', resourceVersion: '42' }, status });
      expect(asked).toEqual([ISSUE, ANN]);
      expect(schema.validate(status).error).toBeUndefined();
    },
  );

  it('is there also of an issue that has left the list, and 404 of one that never was', async () => {
    expect(await read('timeline', { ...ISSUE, hiddenAt: 1 }).answered).toMatchObject({ status: TIMELINE });
    await expect(read('timeline', undefined).answered).rejects.toMatchObject({
      ...{ code: 404, message: 'issues.faultline.dev "web-a" not found' },
    });
  });
});
