import { createHash } from 'node:crypto';
import type { Subject } from '../index.ts';
import { fields, identifier, records } from '../index.ts';
import { KEYS, type Metadata, pacValue } from './metadata.ts';
import { type Place, placePath } from './place.ts';
import { KONFLUX } from './versions.ts';

/** The lasting things that runs are about (design.md decision 9), for every controller that looks at runs. */

const MAX_ASPECT = 253;

/** The Component of a run or Snapshot, else its Application; undefined when it is of neither. */
export function componentOrApplication(
  metadata: Metadata,
): { readonly kind: 'Component' | 'Application'; readonly name: string } | undefined {
  const component =
    identifier(metadata.labels[KEYS.component]) ??
    identifier(metadata.owners.find((owner) => owner.kind === 'Component')?.name);
  if (component !== undefined) return { kind: 'Component', name: component };
  const application = identifier(metadata.labels[KEYS.application]);
  return application === undefined ? undefined : { kind: 'Application', name: application };
}

/** The lasting name of the pipeline that a run is of. */
export function pipelineName(run: unknown, metadata: Metadata): string | undefined {
  const reference = fields(fields(fields(run).spec).pipelineRef);
  const label = identifier(metadata.labels[KEYS.pipeline]);
  return (
    identifier(pacValue(metadata, 'original-prname')) ?? referredName(reference) ?? notItsOwn(label, metadata.name)
  );
}

/** The name in a pipelineRef or taskRef. A resolver (bundles, cluster) takes the same name as a parameter. */
export function referredName(reference: unknown): string | undefined {
  const { name, params } = fields(reference);
  return identifier(name) ?? identifier(parameter(params, 'name'));
}

/** Tekton copies the generated name of a run with an inline spec into its label: that is no lasting name. */
export function notItsOwn(label: string | undefined, name: string | undefined): string | undefined {
  return label === name ? undefined : label;
}

export function parameter(params: unknown, name: string): unknown {
  return records(params).find((param) => param.name === name)?.value;
}

export function releasePlan(namespace: string, name: string): Subject | undefined {
  return isNamespace(namespace) ? { apiVersion: KONFLUX, kind: 'ReleasePlan', namespace, name } : undefined;
}

export function isNamespace(name: string): boolean {
  return /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name);
}

/** The parts of an aspect, then where the code comes from: `test/smoke/pr/6`. */
export function aspectOf(parts: readonly (string | undefined)[], place: Place): { aspect?: string } {
  return joinedAspect([...parts.filter((part) => part !== undefined), ...placePath(place)]);
}

/** One that is too long is cut without becoming another one. */
export function joinedAspect(parts: readonly string[]): { aspect?: string } {
  const whole = parts.join('/');
  if (whole === '') return {};
  if (whole.length <= MAX_ASPECT) return { aspect: whole };
  const digest = createHash('sha256').update(whole).digest('hex').slice(0, 16);
  return { aspect: `${whole.slice(0, MAX_ASPECT - 17).toWellFormed()}~${digest}` };
}
