import { compareOrder, type OrderKey } from '../../crds/order.ts';
import type { SubjectState } from '../store/store.ts';

/**
 * The comparisons that make the order of arrival irrelevant. They are a record so that the property tests can take one
 * out and show that the promise breaks without it; the server knows only the frozen `RULES`.
 */
export interface Rules {
  /** Column A: whether a look leaves its watermark behind although the subject has no issue. */
  readonly keepsWatermark: (issues: ReadonlyMap<string, unknown>) => boolean;
  /** Row 6: the order key of the last incremental look at this key. */
  readonly ownMark: (state: Pick<SubjectState, 'watermarks'>, key: string) => OrderKey | undefined;
}

export const RULES: Rules = Object.freeze({
  keepsWatermark: () => true,
  ownMark: (state: Pick<SubjectState, 'watermarks'>, key: string) => state.watermarks.get(key),
});

/** The newer of two order keys; undefined is older than everything. */
export function newest(a: OrderKey | undefined, b: OrderKey | undefined): OrderKey | undefined {
  if (!a || !b) return a ?? b;
  return compareOrder(a, b) >= 0 ? a : b;
}

/** `compareOrder` where undefined is older than everything. */
export function compareMarks(a: OrderKey, b: OrderKey | undefined): number {
  return b ? compareOrder(a, b) : 1;
}

/** The last look that covers every key of the subject: complete, or the deletion of the subject with all aspects. */
export function completeMark(state: Pick<SubjectState, 'watermarks' | 'everyAspect'>): OrderKey | undefined {
  return newest(state.watermarks.get(''), state.everyAspect);
}
