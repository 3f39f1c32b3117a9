import type { ReportResult, ReportStatus, ReportsResponse } from '../../crds/report.ts';
import type { BackendAnswer } from './backend.ts';
import { isRecord } from './object.ts';

/** What a request was answered for each of its reports; undefined when it was answered as a whole. */
export function resultsOf(answer: BackendAnswer, count: number): ReportResult[] | undefined {
  if (answer.status !== 200 || !isRecord(answer.body)) return undefined;
  const { results } = answer.body as unknown as ReportsResponse;
  if (!Array.isArray(results)) return undefined;
  const byIndex = new Map(results.map((result) => [result.index, result]));
  const missing = 'the backend gave no result for this report';
  return Array.from({ length: count }, (_, index) => byIndex.get(index) ?? { index, status: 503, error: missing });
}

/** Of a request as a whole: 404 is then no word about a namespace, it is not the server that we are looking for. */
export function refusalStatus(status: number): ReportStatus {
  if (status === 403 || status === 409 || status === 422 || status === 429) return status;
  return status === 401 ? 403 : 422;
}
