import { multiLine, oneLine } from '../../index.ts';
import type { Place } from '../../pipelines/place.ts';
import { MAX_DESCRIPTION, MAX_TITLE, placeWords, short } from '../../pipelines/words.ts';
import { type Failure, failureCause } from '../pipelinerun/failure.ts';
import { reasonText } from '../pipelinerun/reasons.ts';
import { limitOf } from '../pipelinerun/words.ts';
import type { TaskIdentity } from './identity.ts';

/** "Task backup timed out after 5m0s", "Task lint of payments for pull request 18 failed in step check (exit code 1)". */
export function taskTitle({ subject, task }: TaskIdentity, place: Place, failure: Failure): string {
  const own = short((task ?? subject.name).replace(/-$/, ''), 63);
  const of = subject.kind === 'Component' || subject.kind === 'Application' ? ` of ${short(subject.name, 63)}` : '';
  return oneLine(`Task ${own}${of}${placeWords(place)} ${predicate(failure)}`, MAX_TITLE);
}

function predicate(failure: Failure): string {
  const { reason, culprit } = failure;
  const step = culprit?.steps[0];
  const inStep = step === undefined ? '' : ` in step ${short(step.name, 63)} (exit code ${step.exitCode})`;
  if (reason === 'TaskRunFailed') return `failed${inStep}`;
  if (reason === 'TaskRunTimeout') return `timed out${limitOf(failure.message)}`;
  const cause = failureCause(failure);
  const phrase = `${reasonText(reason)?.phrase ?? reason}${cause === undefined ? '' : ` (${cause.words})`}`;
  return failure.neverStarted === undefined ? `failed: ${phrase}${inStep}` : `never started: ${phrase}`;
}

/** The condition's message, the failing steps and where it ran. ≤ 8 KiB. */
export function taskDescription(failure: Failure, where: string): string {
  const steps = (failure.culprit?.steps ?? []).slice(0, 10).map((step) => {
    const reason = step.reason === undefined || step.reason === 'Error' ? '' : `, ${short(step.reason, 100)}`;
    const message = step.message === undefined ? '' : `: ${short(step.message, 250)}`;
    return `- step ${short(step.name, 100)}: exit code ${step.exitCode}${reason}${message}`;
  });
  const parts = [
    failure.message === undefined ? '' : multiLine(failure.message.slice(0, 4_096), 1_024),
    steps.length === 0 ? '' : `Failed steps:\n${steps.join('\n')}`,
    `TaskRun ${where}`,
  ];
  return multiLine(parts.filter((part) => part !== '').join('\n\n'), MAX_DESCRIPTION);
}
