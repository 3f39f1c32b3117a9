import type { Decision, InputFault, ReportStatus } from '../../crds/report.ts';
import type { SpanContext } from '../../tracing/tracer.ts';
import type { StoredIssue, SubjectRef, SubjectState } from '../store/store.ts';
import { coversEveryAspect, type NormalizedFinding, type NormalizedReport } from './normalized.ts';
import type { NamespaceIdentity } from './ports.ts';

/** One admitted report on its way through a batch, and what became of it. */
export interface Unit {
  readonly report: NormalizedReport;
  readonly namespace: NamespaceIdentity;
  readonly settle: (outcome: UnitOutcome) => void;
  /** A fault of ours: the request ends with 500. */
  readonly fail: (error: unknown) => void;
  /** Of the request that brought it, where that is traced. */
  readonly trace?: SpanContext | undefined;
  /** The second look of a deletion that is stored already: see `followUp`. */
  readonly followsUp?: true;
}

export interface UnitOutcome {
  readonly status: ReportStatus;
  readonly decisions?: readonly Decision[];
  readonly error?: string;
  readonly details?: readonly InputFault[];
  /** The last committed change when it was decided. */
  readonly lastChange?: number;
  /** What the decisions were about, as it is stored after the batch. */
  readonly looks?: readonly {
    readonly fold: { readonly state: Pick<SubjectState, 'issues'> };
    readonly decisions: readonly Decision[];
  }[];
}

/** The issues that the decisions of a stored report name, as they are stored after its batch. */
export function issuesOf({ looks = [] }: UnitOutcome): StoredIssue[] {
  return looks.flatMap(({ fold, decisions }) => decisions.flatMap(({ key }) => fold.state.issues.get(key) ?? []));
}

/**
 * The deletion of a whole object, once more: while it was decided, somebody else may have stored an older look at an
 * aspect that it did not know. Now that the deletion is stored nobody can any more, so the round that finds nothing to
 * write is the last.
 */
export function followUp(unit: Unit, stamped: NormalizedReport, first: UnitOutcome): Unit {
  const settle = (second: UnitOutcome): void => {
    const late = (second.decisions ?? []).filter(({ cell }) => cell === '5B');
    const both = { ...first, ...second, decisions: [...(first.decisions ?? []), ...late] };
    unit.settle(second.status === 200 ? both : second);
  };
  return { ...unit, report: stamped, settle, followsUp: true };
}

/** How much of a batch a unit takes: rows that may be written. Evidence counts for as many as are about as large. */
export function weightOf({ report: { body } }: Unit): number {
  switch (body.kind) {
    case 'complete':
      return 1 + weightOfFindings(body.findings);
    case 'incremental':
      return 1 + weightOfFindings(body.findings) + body.resolve.length;
    case 'unlisted':
      return 1 + body.keys.length;
    case 'deleted':
      return 1;
  }
}

const CHARACTERS_OF_A_ROW = 1_024;

function weightOfFindings(findings: readonly NormalizedFinding[]): number {
  let weight = findings.length;
  for (const { evidence } of findings) if (evidence) weight += Math.ceil(evidence.text.length / CHARACTERS_OF_A_ROW);
  return weight;
}

/** Identity of a stored subject. */
export function subjectKey({ namespace, source, hash }: SubjectRef): string {
  return `${namespace}/${source}/${hash}`;
}

/** Identity of an object with all its aspects. */
export function objectKey({ namespace, source, everyAspect }: SubjectRef): string {
  return `${namespace}/${source}/${everyAspect}`;
}

/** What two batches at the same time must not share: the object with all its aspects, and the delivery. */
export function claimsOf({ report: { ref, deliveryId } }: Unit): string[] {
  const object = objectKey(ref);
  return deliveryId === undefined ? [object] : [object, JSON.stringify([ref.source, deliveryId])];
}

/** One of each namespace in turn, those of one namespace in their order: of a long queue everybody is in the first batch. */
export function inTurns(queue: readonly Unit[]): Unit[] {
  const lines = new Map<string, Unit[]>();
  for (const unit of queue) {
    const { namespace } = unit.report.ref;
    const line = lines.get(namespace);
    if (line) line.push(unit);
    else lines.set(namespace, [unit]);
  }
  if (lines.size <= 1) return [...queue];
  const ordered: Unit[] = [];
  for (let place = 0; lines.size > 0; place++) {
    for (const [namespace, line] of lines) {
      ordered.push(line[place] as Unit);
      if (line.length === place + 1) lines.delete(namespace);
    }
  }
  return ordered;
}

/**
 * The first units of the queue that can be decided together, and the rest in order. Left for the next batch are: what
 * does not fit, what another batch is deciding (`busy`), a deletion of a whole object beside other reports about it (it
 * decides subjects that it does not name), a second copy of a delivery, and whatever comes after one of these about the
 * same object.
 */
export function takeBatch(
  queue: readonly Unit[],
  limit: number,
  busy: ReadonlySet<string> = new Set(),
): { batch: Unit[]; rest: Unit[] } {
  const batch: Unit[] = [];
  const rest: Unit[] = [];
  const taken = new Map<string, 'parts' | 'whole' | 'waits'>();
  let weight = 0;
  for (const [index, unit] of queue.entries()) {
    if (batch.length > 0 && weight + weightOf(unit) > limit) return { batch, rest: [...rest, ...queue.slice(index)] };
    const [object, delivery] = claimsOf(unit) as [string, string?];
    const whole = coversEveryAspect(unit.report);
    const known = busy.has(object) ? 'waits' : taken.get(object);
    if ((known && (whole || known !== 'parts')) || (delivery && (taken.has(delivery) || busy.has(delivery)))) {
      taken.set(object, 'waits');
      rest.push(unit);
      continue;
    }
    taken.set(object, whole ? 'whole' : 'parts');
    if (delivery) taken.set(delivery, 'whole');
    weight += weightOf(unit);
    batch.push(unit);
  }
  return { batch, rest };
}
