import { createHash } from 'node:crypto';
import type { Subject } from '../../index.ts';
import { KEYS, type Metadata, pacValue } from './metadata.ts';
import { type Place, placePath } from './place.ts';
import type { RunType } from './run-type.ts';
import { fields, identifier, records } from './shape.ts';

/**
 * What a run is about: the lasting thing and the part of it (design.md decision 9). The label `tekton.dev/pipeline`
 * is of no use for Pipelines-as-Code, whose runs carry an inline pipelineSpec: it repeats the run's own random name.
 */
export interface Identity {
  readonly subject: Subject;
  /** How long a failure is worth keeping when no run follows. */
  readonly lifetime: 'pull-request' | 'branch' | 'generated-name' | 'lasting';
}

const KONFLUX = 'appstudio.redhat.com/v1alpha1';
const PAC = 'pipelinesascode.tekton.dev/v1alpha1';
const TEKTON = 'tekton.dev/v1';
const MAX_ASPECT = 253;

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
      subject: { apiVersion: KONFLUX, ...konflux, namespace, ...aspect(parts, place) },
      lifetime: lifetime(place),
    };
  }
  const repository = identifier(pacValue(metadata, 'repository'));
  if (repository !== undefined) {
    const subject = { apiVersion: PAC, kind: 'Repository', namespace, name: repository };
    const pipeline = pipelineName(run, metadata);
    return { subject: { ...subject, ...repositoryAspect(pipeline, place) }, lifetime: lifetime(place) };
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
    const subject = { apiVersion: TEKTON, kind: 'Pipeline', namespace, name: pipeline, ...aspect([], place) };
    return { subject, lifetime: lifetime(place) };
  }
  // generateName keeps its dash: a run that is literally called "nightly" is another subject.
  const name = metadata.generateName ?? metadata.name;
  const subject = { apiVersion: TEKTON, kind: 'PipelineRun', namespace, name, ...aspect([], place) };
  return { subject, lifetime: 'generated-name' };
}

/** The lasting name of the pipeline that a run is of. */
export function pipelineName(run: unknown, metadata: Metadata): string | undefined {
  const reference = fields(fields(fields(run).spec).pipelineRef);
  const label = identifier(metadata.labels[KEYS.pipeline]);
  return (
    identifier(pacValue(metadata, 'original-prname')) ??
    identifier(reference.name) ??
    // A resolver (bundles, cluster) takes the same name as a parameter.
    identifier(parameter(reference.params, 'name')) ??
    (label === metadata.name ? undefined : label)
  );
}

function componentOrApplication(metadata: Metadata): { kind: string; name: string } | undefined {
  const component =
    identifier(metadata.labels[KEYS.component]) ??
    identifier(metadata.owners.find((owner) => owner.kind === 'Component')?.name);
  if (component !== undefined) return { kind: 'Component', name: component };
  const application = identifier(metadata.labels[KEYS.application]);
  return application === undefined ? undefined : { kind: 'Application', name: application };
}

function releaseSubject(run: unknown, metadata: Metadata & { namespace: string }): Omit<Subject, 'aspect'> | undefined {
  const namespace = identifier(metadata.labels[KEYS.releaseNamespace]) ?? metadata.namespace;
  const plan = identifier(parameter(fields(fields(run).spec).params, 'releasePlan'))?.split('/');
  if (plan?.length === 1 && plan[0]) return releasePlan(namespace, plan[0]);
  if (plan?.length === 2 && plan[0] && plan[1]) return releasePlan(plan[0], plan[1]);
  const application = identifier(metadata.labels[KEYS.application]);
  if (application === undefined || !isNamespace(namespace)) return undefined;
  return { apiVersion: KONFLUX, kind: 'Application', namespace, name: application };
}

function releasePlan(namespace: string, name: string): Omit<Subject, 'aspect'> | undefined {
  return isNamespace(namespace) ? { apiVersion: KONFLUX, kind: 'ReleasePlan', namespace, name } : undefined;
}

function isNamespace(name: string): boolean {
  return /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name);
}

function parameter(params: unknown, name: string): unknown {
  return records(params).find((param) => param.name === name)?.value;
}

function lifetime(place: Place): Identity['lifetime'] {
  switch (place.kind) {
    case 'pull-request':
      return 'pull-request';
    case 'branch':
      return place.queue ? 'pull-request' : 'branch';
    case 'unknown':
      return 'lasting';
    default:
      return place satisfies never;
  }
}

function aspect(parts: readonly (string | undefined)[], place: Place): { aspect?: string } {
  return joined([...parts.filter((part) => part !== undefined), ...placePath(place)]);
}

/** `<pipeline>/pr/<n>` or `<pipeline>/<branch>`. A branch in label spelling has no slash: it cannot look like `pr/<n>`. */
function repositoryAspect(pipeline: string | undefined, place: Place): { aspect?: string } {
  const parts = pipeline === undefined ? [] : [pipeline];
  if (place.kind !== 'branch') return joined([...parts, ...placePath(place)]);
  return joined(place.branch === undefined ? parts : [...parts, place.branch]);
}

function joined(parts: readonly string[]): { aspect?: string } {
  const whole = parts.join('/');
  if (whole === '') return {};
  if (whole.length <= MAX_ASPECT) return { aspect: whole };
  const digest = createHash('sha256').update(whole).digest('hex').slice(0, 16);
  return { aspect: `${whole.slice(0, MAX_ASPECT - 17).toWellFormed()}~${digest}` };
}
