import { describe, expect, it } from 'vitest';
import { type IssueStatisticsStatus, issueStatisticsStatusSchema } from '../../crds/issue-statistics.ts';
import type { CreateRequest } from '../kube/index.ts';
import { issueStatisticsResource } from './issuestatistics.ts';

const ANN = { name: 'ann', groups: [] };
const NONE = { open: 0, opened: 0, resolved: 0 };
const STATUS: IssueStatisticsStatus = {
  ...{ since: '2026-11-20T12:00:00Z', until: '2026-11-21T12:00:00Z', total: { ...NONE, meanSecondsToResolve: 60 } },
  days: [{ day: '2026-11-21', opened: 0, resolved: 0 }],
  namespaces: [{ namespace: 'shop', ...NONE }],
  ...{ types: [], subjects: [], mostFrequent: [] },
};

const create = (spec?: object) => {
  const asked: unknown[] = [];
  const resource = issueStatisticsResource(async (...about) => {
    asked.push(...about);
    return STATUS;
  });
  const request = { user: ANN, namespace: '', object: { spec }, dryRun: false, signal: AbortSignal.timeout(1_000) };
  return { asked, answered: resource.create?.(request as CreateRequest) };
};

describe('issuestatistics', () => {
  it('are answered about what was asked, with its defaults, for whoever asks', async () => {
    const { asked, answered } = create({ namespaces: ['shop'], types: ['build'] });
    expect(await answered).toMatchObject({ kind: 'IssueStatistics', spec: { since: '7d', limit: 10 }, status: STATUS });
    expect(asked).toEqual([{ namespaces: ['shop'], types: ['build'], since: '7d', limit: 10 }, ANN]);
    expect(issueStatisticsStatusSchema.validate(STATUS).error).toBeUndefined();
    expect(await create().answered).toMatchObject({ spec: { since: '7d' } });
  });

  it('tell every fault of the spec at once', async () => {
    const { asked, answered } = create({ since: 'soon', limit: 0, namespaces: ['A_B'], what: 1 });
    await expect(answered).rejects.toMatchObject({ code: 422 });
    await expect(answered).rejects.toThrow(/spec\.since.*spec\.limit|spec\.limit.*spec\.since/s);
    await expect(answered).rejects.toThrow(/spec\.what/);
    expect(asked).toEqual([]);
  });
});
