import type { OrderClass } from './report.ts';

/**
 * An order key as it is stored and compared: design.md "Order keys are compared field by field, missing fields first".
 * Times are microseconds since 1970, because PostgreSQL's clock has them and `received` stamps differ by one.
 */
export type OrderKey =
  | {
      readonly class: 'run';
      readonly completedAt?: number;
      readonly createdAt?: number;
      readonly uid: string;
      readonly detail: number;
      readonly epoch: number;
      readonly sequence: number;
    }
  | { readonly class: 'state'; readonly epoch: number; readonly sequence: number }
  | { readonly class: 'received'; readonly stampedAt: number };

/** Negative when `a` is older, 0 when they are the same look, positive when `a` is newer. */
export function compareOrder(a: OrderKey, b: OrderKey): number {
  if (a.class === 'run' && b.class === 'run') {
    return (
      missingFirst(a.completedAt, b.completedAt) ||
      missingFirst(a.createdAt, b.createdAt) ||
      text(a.uid, b.uid) ||
      a.detail - b.detail ||
      a.epoch - b.epoch ||
      a.sequence - b.sequence
    );
  }
  if (a.class === 'state' && b.class === 'state') return a.epoch - b.epoch || a.sequence - b.sequence;
  if (a.class === 'received' && b.class === 'received') return a.stampedAt - b.stampedAt;
  // A source that changed its class (an upgrade of its controller): one total order, so that looks cannot alternate.
  return CLASS_RANK[a.class] - CLASS_RANK[b.class];
}

const CLASS_RANK: Readonly<Record<OrderClass, number>> = { received: 0, run: 1, state: 2 };

function missingFirst(a: number | undefined, b: number | undefined): number {
  if (a === undefined) return b === undefined ? 0 : -1;
  return b === undefined ? 1 : a - b;
}

/** By UTF-16 unit, as COLLATE "C" orders the ASCII that uids are. */
function text(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
