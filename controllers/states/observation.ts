import type { DeepReadonly, Finding, ObjectLike, Observation, Subject } from '../index.ts';
import type { FindingOptions } from './options.ts';
import type { Timing } from './timing.ts';

/** The object itself is what has the problem. */
export function subjectOf({ apiVersion, kind, metadata }: DeepReadonly<ObjectLike>): Subject {
  const { namespace, name } = metadata;
  return { apiVersion, kind, ...(namespace === undefined ? {} : { namespace }), name };
}

/** One look at an object: its findings, as the options want them, and when to look again. */
export function observationOf(
  object: DeepReadonly<ObjectLike>,
  found: readonly Finding[],
  timing: Timing,
  options: FindingOptions,
): Observation {
  const findings = found.flatMap((finding) => chosen(finding, options));
  return {
    subject: subjectOf(object),
    ...(findings.length === 0 ? {} : timing.observedAt),
    ...timing.again,
    findings,
  };
}

function chosen(finding: Finding, { findings }: FindingOptions): Finding[] {
  const choice = Object.hasOwn(findings, finding.reason) ? findings[finding.reason] : undefined;
  if (choice === 'ignore') return [];
  return [choice === undefined ? finding : { ...finding, severity: choice }];
}
