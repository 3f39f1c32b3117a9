import { type Fields, fields, identifier, records, text } from '../index.ts';

/**
 * What the labels and annotations of a run say. Pipelines-as-Code writes under its own prefix; Konflux's
 * integration-service copies those keys to the test runs that it starts, under `pac.test.appstudio.openshift.io/`.
 */

const PAC_PREFIXES = ['pipelinesascode.tekton.dev/', 'pac.test.appstudio.openshift.io/'] as const;

export const KEYS = {
  application: 'appstudio.openshift.io/application',
  component: 'appstudio.openshift.io/component',
  service: 'appstudio.openshift.io/service',
  type: 'pipelines.appstudio.openshift.io/type',
  scenario: 'test.appstudio.openshift.io/scenario',
  optional: 'test.appstudio.openshift.io/optional',
  releaseName: 'release.appstudio.openshift.io/name',
  releaseNamespace: 'release.appstudio.openshift.io/namespace',
  targetBranch: 'build.appstudio.redhat.com/target_branch',
  pullRequestNumber: 'build.appstudio.redhat.com/pull_request_number',
  commit: 'build.appstudio.redhat.com/commit_sha',
  sourceRepository: 'build.appstudio.openshift.io/repo',
  pipeline: 'tekton.dev/pipeline',
  pipelineTask: 'tekton.dev/pipelineTask',
  /** An annotation, because a group is any text: an image with its tag, a host. */
  group: 'faultline.dev/group',
} as const;

export interface Metadata {
  /** Absent when the object has none that a Kubernetes object could have. */
  readonly name: string | undefined;
  readonly namespace: string | undefined;
  readonly generateName: string | undefined;
  readonly creationTimestamp: unknown;
  readonly labels: Fields;
  readonly annotations: Fields;
  readonly owners: readonly Fields[];
}

export function metadataOf(object: unknown): Metadata {
  const metadata = fields(fields(object).metadata);
  const owners = records(metadata.ownerReferences);
  const namespace = identifier(metadata.namespace);
  return {
    name: identifier(metadata.name),
    namespace:
      namespace !== undefined && /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(namespace) ? namespace : undefined,
    generateName: identifier(metadata.generateName),
    creationTimestamp: metadata.creationTimestamp,
    labels: fields(metadata.labels),
    annotations: fields(metadata.annotations),
    owners,
  };
}

/** A label, else the annotation of the same key. */
export function labelOrAnnotation(metadata: Metadata, key: string): string | undefined {
  return text(metadata.labels[key]) ?? text(metadata.annotations[key]);
}

/** A label of Pipelines-as-Code under either prefix. */
export function pacLabel(metadata: Metadata, key: string): string | undefined {
  return firstText(PAC_PREFIXES.map((prefix) => metadata.labels[prefix + key]));
}

/** An annotation of Pipelines-as-Code under either prefix. */
export function pacAnnotation(metadata: Metadata, key: string): string | undefined {
  return firstText(PAC_PREFIXES.map((prefix) => metadata.annotations[prefix + key]));
}

/**
 * A value of Pipelines-as-Code, label first: labels exist in every version of it, so an upgrade that adds the
 * annotation changes no identity. Only where the label was cut (it then keeps the *last* 62 or 63 characters) is the
 * annotation better, in the label's own spelling.
 */
export function pacValue(metadata: Metadata, key: string): string | undefined {
  const label = pacLabel(metadata, key);
  const annotation = pacAnnotation(metadata, key);
  if (label === undefined || annotation === undefined) return label ?? annotation;
  const spelled = labelSpelling(annotation);
  return label.length >= 60 && spelled.length > label.length && spelled.endsWith(label) ? spelled : label;
}

/** How Pipelines-as-Code writes a text into a label: `formatting.CleanValueKubernetes` of its sources. */
export function labelSpelling(value: string): string {
  return value.replace(/[:/]/g, '-').replaceAll(' ', '_').replace(/[[\]]/g, '__');
}

function firstText(values: readonly unknown[]): string | undefined {
  for (const value of values) {
    const found = text(value);
    if (found !== undefined) return found;
  }
  return undefined;
}
