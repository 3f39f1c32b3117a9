import type { Subject } from '../../index.ts';
import { fields, identifier } from '../../index.ts';
import { type Lifetime, lifetimeOf } from '../../pipelines/expiry.ts';
import { KEYS, type Metadata, pacValue } from '../../pipelines/metadata.ts';
import { type Place, placePath } from '../../pipelines/place.ts';
import type { RunType } from '../../pipelines/run-type.ts';
import {
  aspectOf,
  componentOrApplication,
  isNamespace,
  joinedAspect,
  parameter,
  pipelineName,
  releasePlan,
} from '../../pipelines/subjects.ts';
import { KONFLUX, PIPELINES_AS_CODE, TEKTON } from '../../pipelines/versions.ts';

/**
 * What a run is about: the lasting thing and the part of it (design.md decision 9). The label `tekton.dev/pipeline`
 * is of no use for Pipelines-as-Code, whose runs carry an inline pipelineSpec: it repeats the run's own random name.
 */
export interface Identity {
  readonly subject: Subject;
  /** How long a failure is worth keeping when no run follows. */
  readonly lifetime: Lifetime;
}

export function identityOf(
  run: unknown,
  metadata: Metadata & { readonly name: string; readonly namespace: string },
  type: RunType,
  place: Place,
): Identity {
  if (type.kind === 'release') {
    const release = releaseSubject(run, metadata);
    if (release !== undefined) return { subject: { ...release, aspect: type.name }, lifetime: 'lasting' };
  }
  const { namespace } = metadata;
  const konflux = componentOrApplication(metadata);
  if (konflux !== undefined) {
    const scenario = type.kind === 'test' ? identifier(metadata.labels[KEYS.scenario]) : undefined;
    const parts = [type.labelled ? type.name : (pipelineName(run, metadata) ?? 'pipeline'), scenario];
    return {
      subject: { apiVersion: KONFLUX, ...konflux, namespace, ...aspectOf(parts, place) },
      lifetime: lifetimeOf(place),
    };
  }
  const repository = identifier(pacValue(metadata, 'repository'));
  if (repository !== undefined) {
    const subject = { apiVersion: PIPELINES_AS_CODE, kind: 'Repository', namespace, name: repository };
    const pipeline = pipelineName(run, metadata);
    return { subject: { ...subject, ...repositoryAspect(pipeline, place) }, lifetime: lifetimeOf(place) };
  }
  return pipelineIdentity(run, metadata, place);
}

function pipelineIdentity(
  run: unknown,
  metadata: Metadata & { name: string; namespace: string },
  place: Place,
): Identity {
  const { namespace } = metadata;
  const pipeline = pipelineName(run, metadata);
  if (pipeline !== undefined) {
    const subject = { apiVersion: TEKTON, kind: 'Pipeline', namespace, name: pipeline, ...aspectOf([], place) };
    return { subject, lifetime: lifetimeOf(place) };
  }
  // generateName keeps its dash: a run that is literally called "nightly" is another subject.
  const name = metadata.generateName ?? metadata.name;
  const subject = { apiVersion: TEKTON, kind: 'PipelineRun', namespace, name, ...aspectOf([], place) };
  return { subject, lifetime: 'generated-name' };
}

function releaseSubject(run: unknown, metadata: Metadata & { namespace: string }): Subject | undefined {
  const namespace = identifier(metadata.labels[KEYS.releaseNamespace]) ?? metadata.namespace;
  const plan = identifier(parameter(fields(fields(run).spec).params, 'releasePlan'))?.split('/');
  if (plan?.length === 1 && plan[0]) return releasePlan(namespace, plan[0]);
  if (plan?.length === 2 && plan[0] && plan[1]) return releasePlan(plan[0], plan[1]);
  const application = identifier(metadata.labels[KEYS.application]);
  if (application === undefined || !isNamespace(namespace)) return undefined;
  return { apiVersion: KONFLUX, kind: 'Application', namespace, name: application };
}

/** `<pipeline>/pr/<n>` or `<pipeline>/<branch>`. A branch in label spelling has no slash: it cannot look like `pr/<n>`. */
function repositoryAspect(pipeline: string | undefined, place: Place): { aspect?: string } {
  const parts = pipeline === undefined ? [] : [pipeline];
  if (place.kind !== 'branch') return joinedAspect([...parts, ...placePath(place)]);
  return joinedAspect(place.branch === undefined ? parts : [...parts, place.branch]);
}
