import type { InputFault, ReportResult, ReportStatus } from '../../crds/report.ts';
import type { Engine } from '../ingest/engine.ts';
import { summary } from '../ingest/input.ts';
import type { Caller } from '../ingest/ports.ts';
import type { Receiver } from './compile.ts';
import { type Delivery, evaluateDelivery } from './evaluate.ts';
import type { EvaluationGate } from './evaluation-gate.ts';
import { expressionPath, reportOf } from './reports.ts';

/** What became of a delivery. */
export interface Outcome {
  /** 200 when everything was taken; else that of a fault, one that a retry may heal first. */
  readonly status: ReportStatus;
  readonly error?: string;
  readonly details?: readonly InputFault[];
  /** One for each item of `each`, or one; `index` is the item's. */
  readonly results: readonly ReportResult[];
  /** How many items `match` left out. */
  readonly skipped: number;
  readonly resourceVersion?: string;
}

/**
 * From a payload to the engine, which is the only way in. Items are independent of each other: those that fit are taken,
 * and what does not is told. Rejects with TooManyReports before anything is asked, and with what `Engine.submit` rejects with.
 */
export async function deliver(
  receiver: Receiver,
  delivery: Delivery,
  to: {
    readonly engine: Pick<Engine, 'submit'>;
    readonly gate: Pick<EvaluationGate, 'enter' | 'leave'>;
    readonly caller: Caller;
    readonly clusterScopedNamespace: string;
  },
): Promise<Outcome> {
  const { engine, gate, caller, clusterScopedNamespace } = to;
  gate.enter(receiver);
  const { said, skipped, units } = await evaluateDelivery(receiver, delivery);
  gate.leave(receiver, { units, bytes: delivery.bytes });
  const results: ReportResult[] = [];
  const items: number[] = [];
  const reports = said.flatMap(({ index, values, faults }) => {
    if (faults) {
      results.push({ index, status: 422, error: summary(faults), details: [...faults] });
      return [];
    }
    items.push(index);
    return [reportOf(receiver, values, delivery, { index, clusterScopedNamespace })];
  });
  let resourceVersion: string | undefined;
  if (reports.length > 0) {
    const answer = await engine.submit(reports, caller);
    ({ resourceVersion } = answer);
    for (const result of answer.results) results.push(ofExpressions(result, items[result.index] as number));
  }
  results.sort((a, b) => a.index - b.index);
  return {
    ...worst(results),
    results,
    skipped,
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
}

/** The engine's answer in the receiver's words: its expressions, not the parts of a report that nobody here wrote. */
function ofExpressions(result: ReportResult, index: number): ReportResult {
  const { details } = result;
  if (details === undefined) return { ...result, index };
  const named = details.map((fault) => ({ ...fault, path: expressionPath(fault.path) }));
  return { ...result, index, error: summary(named), details: named };
}

/** A retry heals the first two, and the delivery's id makes it harmless to what was taken. */
const WORST_FIRST: readonly ReportStatus[] = [503, 429, 403, 404, 409, 422];
const MAX_DETAILS = 20;

function worst(results: readonly ReportResult[]): Pick<Outcome, 'status' | 'error' | 'details'> {
  for (const status of WORST_FIRST) {
    const of = results.filter((result) => result.status === status);
    const [first] = of;
    if (first === undefined) continue;
    const details = of.flatMap((result) => result.details ?? []).slice(0, MAX_DETAILS);
    const error = results.length === 1 ? (first.error ?? '') : `item ${first.index}: ${first.error ?? ''}`;
    return { status, error, ...(details.length > 0 ? { details } : {}) };
  }
  return { status: 200 };
}
