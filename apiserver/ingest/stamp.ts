import type { OrderKey } from '../../crds/order.ts';
import type { InputFault } from '../../crds/report.ts';
import type { SubjectState } from '../store/store.ts';
import type { NormalizedReport } from './normalized.ts';

/**
 * The order keys that only the server can give: `received` reports in order of arrival, and deletions of what runs are
 * about, which beat every run so far (contracts.md "Deletion keys"). Also the one bound on keys that reporters give.
 */

/** A completion later than this beyond the database clock would silence its subject for ever. µs. */
export const MAX_AHEAD = 60_000_000;

/** The report with its final order key, given everything known about the subjects it decides. */
export function stamp(report: NormalizedReport, states: readonly SubjectState[], now: number): NormalizedReport {
  const { order, body } = report;
  if (order.class === 'received') {
    if (order.stampedAt > 0) return report; // received elsewhere, before: SubmitOptions.receivedAt
    const last = latest(states, (mark) => (mark.class === 'received' ? mark.stampedAt : undefined));
    return { ...report, order: { class: 'received', stampedAt: Math.max(now, last + 1) } };
  }
  const gone = body.kind === 'deleted' || body.kind === 'unlisted';
  if (order.class === 'run' && gone && order.completedAt === undefined) {
    const last = latest(states, (mark) => (mark.class === 'run' ? mark.completedAt : undefined));
    return { ...report, order: { ...order, completedAt: Math.max(now, last + 1) } };
  }
  return report;
}

/** The fault of a completion that lies in the future, or undefined. */
export function futureFault({ order }: NormalizedReport, now: number): InputFault | undefined {
  if (order.class !== 'run' || order.completedAt === undefined || order.completedAt <= now + MAX_AHEAD) {
    return undefined;
  }
  const clock = new Date(now / 1_000).toISOString();
  return {
    path: 'order.completedAt',
    message: `is more than 60 s ahead of the server's clock (${clock}): check the clock of whoever wrote it`,
    value: new Date(order.completedAt / 1_000).toISOString(),
  };
}

function latest(states: readonly SubjectState[], time: (mark: OrderKey) => number | undefined): number {
  let last = Number.NEGATIVE_INFINITY;
  for (const { watermarks, everyAspect } of states) {
    for (const mark of watermarks.values()) last = Math.max(last, time(mark) ?? last);
    if (everyAspect) last = Math.max(last, time(everyAspect) ?? last);
  }
  return last;
}
