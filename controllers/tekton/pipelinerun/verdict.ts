import { type Fields, fields, records, text } from '../../index.ts';

/**
 * What the `Succeeded` condition says. Other conditions (a recorded run has `Failure=True` besides) say nothing: the
 * contract of Tekton is this one type.
 */
export type RunState =
  | { readonly state: 'succeeded'; readonly condition: Fields }
  | { readonly state: 'failed'; readonly condition: Fields }
  /** `settled`: it is over and will never have a verdict. */
  | { readonly state: 'undecided'; readonly reason: string; readonly settled: boolean };

const CANCELLED = new Set([
  'Cancelled',
  'PipelineRunCancelled',
  'CancelledRunFinally',
  'CancelledRunningFinally',
  'StoppedRunFinally',
  'StoppedRunningFinally',
  'PipelineRunCouldntCancel',
  'TaskRunCancelled',
]);

export function runState(run: unknown): RunState {
  const { spec, status } = fields(run);
  const conditions = records(fields(status).conditions);
  const condition = conditions.find((one) => one.type === 'Succeeded');
  const wanted = text(fields(spec).status);
  if (condition === undefined) {
    return undecided(wanted === 'PipelineRunPending' ? 'Pending' : conditions.length > 0 ? 'Malformed' : 'NotStarted');
  }
  const reason = text(condition.reason);
  switch (condition.status) {
    case 'True':
      return { state: 'succeeded', condition };
    case 'False':
      // A task that failed before somebody cancelled is a failure; Tekton then says `Failed`.
      return CANCELLED.has(reason ?? wanted ?? '') ? undecided('Cancelled', true) : { state: 'failed', condition };
    case 'Unknown':
      return undecided(reason === 'PipelineRunPending' || wanted === 'PipelineRunPending' ? 'Pending' : 'Running');
    default:
      return undecided('Malformed');
  }
}

function undecided(reason: string, settled = false): RunState {
  return { state: 'undecided', reason, settled };
}
