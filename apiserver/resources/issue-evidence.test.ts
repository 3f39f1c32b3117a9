import { describe, expect, it } from 'vitest';
import { issueEvidenceStatusSchema } from '../../crds/issue-evidence.ts';
import type { StoredEvidence, StoredIssue } from '../store/store.ts';
import { issueEvidence } from './issue-evidence.ts';

const ISSUE = { id: 'id-1', name: 'web-a', uid: 'u-1', change: 42 } as StoredIssue;
const EVIDENCE: StoredEvidence = {
  at: Date.UTC(2026, 10, 21, 7) * 1_000,
  evidence: { step: 'build', exitCode: 2, log: { lines: ['boom'] } },
};

const read = (issue: StoredIssue | undefined, evidence: StoredEvidence | undefined) =>
  issueEvidence({ issue: async () => issue, evidence: async () => evidence }).read({
    user: { name: 'ann', groups: [] },
    namespace: 'shop',
    name: 'web-a',
  });

describe('issues/evidence', () => {
  it('is what is stored, about the issue as it is now, in the form that discovery promises', async () => {
    const { metadata, status } = await read(ISSUE, EVIDENCE);
    expect(metadata).toEqual({ uid: 'u-1', resourceVersion: '42' });
    expect(status).toEqual({ recordedAt: '2026-11-21T07:00:00Z', ...EVIDENCE.evidence });
    expect(issueEvidenceStatusSchema.validate(status).error).toBeUndefined();
  });

  it.each([
    ['an issue that is not there', undefined, EVIDENCE, 'issues.faultline.dev "web-a" not found'],
    ['an issue that has left the list', { ...ISSUE, hiddenAt: 1 }, EVIDENCE, 'issues.faultline.dev "web-a" not found'],
    ['an issue without any', ISSUE, undefined, 'issues/evidence.faultline.dev "web-a" not found'],
  ])('E3 is 404 of %s', async (_what, issue, evidence, message) => {
    await expect(read(issue, evidence)).rejects.toMatchObject({ code: 404, message });
  });
});
