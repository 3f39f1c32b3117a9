import type { Severity } from '../../index.ts';
import { text } from '../../index.ts';
import { isDevelopment, labelsOf, originOf, PREFIX, stageOf } from '../../pipelines/labels.ts';
import type { Metadata } from '../../pipelines/metadata.ts';
import type { Place } from '../../pipelines/place.ts';
import type { RunType } from '../../pipelines/run-type.ts';
import type { Options, Override } from './options.ts';

/** The words by which an issue is filtered. */
export interface Classification {
  readonly type: string;
  readonly severity: Severity;
  readonly labels: Record<string, string>;
}

const SEVERITIES: readonly string[] = ['critical', 'major', 'minor', 'info'] satisfies Severity[];

/** An override of faultline.yaml wins over the run's own faultline.dev/ labels, which win over the defaults. */
export function classify(
  metadata: Metadata,
  type: RunType,
  place: Place,
  optional: boolean,
  options: Pick<Options, 'severity' | 'overrides'>,
): Classification {
  const overrides = options.overrides.filter((override) => matches(override, metadata));
  const declared = (field: 'severity' | 'type' | 'stage' | 'origin'): string | undefined =>
    overrides.find((override) => override[field] !== undefined)?.[field] ?? text(metadata.labels[PREFIX + field]);
  const severity = declared('severity');
  return {
    type: declared('type')?.slice(0, 63).toWellFormed() ?? type.kind,
    severity: isSeverity(severity) ? severity : defaultSeverity(type, place, optional, options),
    labels: labelsOf(metadata, {
      stage: declared('stage') ?? (type.kind === 'release' ? 'releasable' : stageOf(place)),
      origin: declared('origin') ?? originOf(metadata),
    }),
  };
}

function defaultSeverity(type: RunType, place: Place, optional: boolean, options: Pick<Options, 'severity'>): Severity {
  if (type.kind === 'test' && optional) return options.severity.optional;
  return isDevelopment(place) && type.kind !== 'release' ? options.severity.pullRequest : options.severity[type.kind];
}

function matches(override: Override, metadata: Metadata): boolean {
  return Object.entries(override.labels).every(([key, value]) => {
    const found = metadata.labels[key];
    return value === '*' ? found !== undefined : found === value;
  });
}

function isSeverity(value: string | undefined): value is Severity {
  return value !== undefined && SEVERITIES.includes(value);
}
