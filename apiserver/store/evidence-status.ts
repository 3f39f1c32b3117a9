import type { IssueEvidenceStatus } from '../../crds/issue-evidence.ts';
import { formatTime } from '../../crds/time.ts';
import type { StoredEvidence } from './store.ts';

/** Stored evidence as it is served, on the Kubernetes API and below /api/v1. */
export function evidenceStatus({ at, observed, evidence }: StoredEvidence): IssueEvidenceStatus {
  return { recordedAt: formatTime(at / 1_000), ...(observed ? { observed } : {}), ...evidence };
}
