import type { KubernetesObject } from '../../../crds/meta.ts';
import type { Change, ChangeSource } from '../source.ts';

/** What the log says about a stretch of numbers. */
export interface OlderChanges<T extends KubernetesObject> {
  readonly changes: readonly Change<T>[];
  /** Numbers below are gone. */
  readonly floor: number;
  /** Whether these are all; false when there are more than were allowed. */
  readonly complete: boolean;
}

/** The changes with numbers in (`from`, `to`], ascending, page by page; at most `limit` and one page more. */
export async function readOlder<T extends KubernetesObject>(
  source: ChangeSource<T>,
  { from, to, limit, pageSize }: { from: number; to: number; limit: number; pageSize: number },
): Promise<OlderChanges<T>> {
  const older: Change<T>[] = [];
  for (let position = from; ; ) {
    const { changes, upTo, floor } = await source.since(position, pageSize);
    if (position < floor) return { changes: [], floor, complete: false };
    older.push(...changes.filter(({ resourceVersion }) => resourceVersion <= to));
    position = changes.at(-1)?.resourceVersion ?? upTo;
    if (position >= to || changes.length < pageSize) return { changes: older, floor, complete: true };
    if (older.length > limit) return { changes: [], floor, complete: false };
  }
}
