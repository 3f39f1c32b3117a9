import type { Decision, InputFault, ReportStatus } from '../../crds/report.ts';
import type { SubjectRef } from '../store/store.ts';
import { coversEveryAspect, type NormalizedReport } from './normalized.ts';
import type { NamespaceIdentity } from './ports.ts';

/** One admitted report on its way through a batch, and what became of it. */
export interface Unit {
  readonly report: NormalizedReport;
  readonly namespace: NamespaceIdentity;
  readonly settle: (outcome: UnitOutcome) => void;
  /** A fault of ours: the request ends with 500. */
  readonly fail: (error: unknown) => void;
}

export interface UnitOutcome {
  readonly status: ReportStatus;
  readonly decisions?: readonly Decision[];
  readonly error?: string;
  readonly details?: readonly InputFault[];
  /** The last committed change when it was decided. */
  readonly lastChange?: number;
}

/** How much of a batch a unit takes: rows that may be written. */
export function weightOf({ report: { body } }: Unit): number {
  switch (body.kind) {
    case 'complete':
      return 1 + body.findings.length;
    case 'incremental':
      return 1 + body.findings.length + body.resolve.length;
    case 'unlisted':
      return 1 + body.keys.length;
    case 'deleted':
      return 1;
  }
}

/** Identity of a stored subject. */
export function subjectKey({ namespace, source, hash }: SubjectRef): string {
  return `${namespace}/${source}/${hash}`;
}

/** Identity of an object with all its aspects. */
export function objectKey({ namespace, source, everyAspect }: SubjectRef): string {
  return `${namespace}/${source}/${everyAspect}`;
}

/**
 * The longest prefix of the queue that can be decided together, and the rest in order. Left for the next batch are: what
 * does not fit, a deletion of a whole object beside other reports about it (it decides subjects that it does not name),
 * a second copy of a delivery, and whatever comes after one of these about the same object.
 */
export function takeBatch(queue: readonly Unit[], limit: number): { batch: Unit[]; rest: Unit[] } {
  const batch: Unit[] = [];
  const rest: Unit[] = [];
  const objects = new Map<string, 'parts' | 'whole' | 'waits'>();
  const deliveries = new Set<string>();
  let weight = 0;
  for (const [index, unit] of queue.entries()) {
    if (batch.length > 0 && weight + weightOf(unit) > limit) return { batch, rest: [...rest, ...queue.slice(index)] };
    const object = objectKey(unit.report.ref);
    const whole = coversEveryAspect(unit.report);
    const delivery = unit.report.deliveryId && JSON.stringify([unit.report.ref.source, unit.report.deliveryId]);
    const known = objects.get(object);
    if ((known && (whole || known !== 'parts')) || (delivery && deliveries.has(delivery))) {
      objects.set(object, 'waits');
      rest.push(unit);
      continue;
    }
    objects.set(object, whole ? 'whole' : 'parts');
    if (delivery) deliveries.add(delivery);
    weight += weightOf(unit);
    batch.push(unit);
  }
  return { batch, rest };
}
