import type { Subject } from '../../index.ts';
import { fields, identifier } from '../../index.ts';
import { type Lifetime, lifetimeOf } from '../../pipelines/expiry.ts';
import type { Metadata } from '../../pipelines/metadata.ts';
import type { Place } from '../../pipelines/place.ts';
import { aspectOf, componentOrApplication, notItsOwn, referredName } from '../../pipelines/subjects.ts';
import { KONFLUX, TEKTON } from '../../pipelines/versions.ts';

export interface TaskIdentity {
  readonly subject: Subject;
  readonly lifetime: Lifetime;
  /** The lasting name of the task; undefined when it has none. */
  readonly task: string | undefined;
}

/** By the rules for runs (design.md decision 9): the Component that it carries, else its Task, else its own name. */
export function taskIdentity(
  run: unknown,
  metadata: Metadata & { readonly name: string; readonly namespace: string },
  place: Place,
): TaskIdentity {
  const { namespace } = metadata;
  const task = taskName(run, metadata);
  const konflux = componentOrApplication(metadata);
  if (konflux !== undefined) {
    const aspect = aspectOf(['task', task ?? metadata.generateName ?? metadata.name], place);
    const lifetime = task === undefined ? 'generated-name' : lifetimeOf(place);
    return { subject: { apiVersion: KONFLUX, ...konflux, namespace, ...aspect }, lifetime, task };
  }
  if (task !== undefined) {
    const subject = { apiVersion: TEKTON, kind: 'Task', namespace, name: task, ...aspectOf([], place) };
    return { subject, lifetime: lifetimeOf(place), task };
  }
  // generateName keeps its dash: a run that is literally called "backup" is another subject.
  const name = metadata.generateName ?? metadata.name;
  const subject = { apiVersion: TEKTON, kind: 'TaskRun', namespace, name, ...aspectOf([], place) };
  return { subject, lifetime: 'generated-name', task };
}

/** Part of a PipelineRun, which says what came of it: then it is not on its own. */
export function isPartOfPipelineRun(metadata: Metadata): boolean {
  return (
    metadata.labels['tekton.dev/pipelineRun'] !== undefined ||
    metadata.owners.some((owner) => owner.kind === 'PipelineRun')
  );
}

function taskName(run: unknown, metadata: Metadata): string | undefined {
  const label = identifier(metadata.labels['tekton.dev/task']);
  return referredName(fields(fields(run).spec).taskRef) ?? notItsOwn(label, metadata.name);
}
