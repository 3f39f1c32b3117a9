import { setTimeout as wait } from 'node:timers/promises';
import type { ChangeSource } from '../../apiserver/kube/index.ts';
import { StoreUnavailable } from '../../apiserver/store/store.ts';
import type { Issue } from '../../crds/issue.ts';

export interface IssueCounts {
  readonly active: number;
  readonly resolved: number;
}

const RETRY_MS = 200;

/** How many issues are visible. A database that is away right now is waited for, until the signal fires. */
export async function countIssues(
  changes: Pick<ChangeSource<Issue>, 'snapshot'>,
  signal: AbortSignal,
  pause: (ms: number) => Promise<void> = (ms) => wait(ms),
): Promise<IssueCounts> {
  for (;;) {
    try {
      const { objects } = await changes.snapshot();
      const active = objects.filter(({ status }) => status.state === 'Active').length;
      return { active, resolved: objects.length - active };
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || signal.aborted) throw error;
      await pause(RETRY_MS);
    }
  }
}
