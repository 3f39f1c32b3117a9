import type { OrderKey } from '../../crds/order.ts';

/** The columns of `watermarks` that hold an order key. All null: there was no observation yet. */
export interface OrderRow {
  class: OrderKey['class'] | null;
  completed_at: number | null;
  created_at: number | null;
  uid: string | null;
  detail: number | null;
  epoch: number | null;
  sequence: number | null;
  stamped_at: number | null;
}

export const ORDER_COLUMNS = [
  'class text', 'completed_at bigint', 'created_at bigint', 'uid text', 'detail bigint', 'epoch bigint',
  'sequence bigint', 'stamped_at bigint',
] as const; // biome-ignore format: a list reads better in few lines

/** As JSON for `jsonb_to_recordset`, which reads a missing property as NULL. */
export function orderRow(key: OrderKey | undefined): Partial<OrderRow> {
  switch (key?.class) {
    case undefined:
      return {};
    case 'run': {
      const { completedAt, createdAt, ...same } = key;
      return { ...same, completed_at: completedAt ?? null, created_at: createdAt ?? null };
    }
    case 'state':
      return key;
    case 'received':
      return { class: 'received', stamped_at: key.stampedAt };
  }
}

export function orderKey(row: OrderRow): OrderKey | undefined {
  const { epoch, sequence } = { epoch: row.epoch ?? 0, sequence: row.sequence ?? 0 };
  switch (row.class) {
    case null:
      return undefined;
    case 'run':
      return {
        class: 'run',
        ...(row.completed_at === null ? {} : { completedAt: row.completed_at }),
        ...(row.created_at === null ? {} : { createdAt: row.created_at }),
        uid: row.uid ?? '',
        detail: row.detail ?? 0,
        epoch,
        sequence,
      };
    case 'state':
      return { class: 'state', epoch, sequence };
    case 'received':
      return { class: 'received', stampedAt: row.stamped_at ?? 0 };
  }
}
