import type { Severity } from '../../index.ts';
import { KEYS, type Metadata, pacAnnotation, pacValue } from './metadata.ts';
import type { Options, Override } from './options.ts';
import type { Place } from './place.ts';
import type { RunType } from './run-type.ts';
import { text } from './shape.ts';

/** The words by which an issue is filtered. */
export interface Classification {
  readonly type: string;
  readonly severity: Severity;
  readonly labels: Record<string, string>;
}

const PREFIX = 'faultline.dev/';
const SEVERITIES: readonly string[] = ['critical', 'major', 'minor', 'info'] satisfies Severity[];
const LABEL_VALUE = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
// Renovate's branches and, on Konflux, MintMaker's; red-hat-konflux[bot] itself also opens onboarding pull requests.
const BOT_BRANCH = /(^|[\s/])(konflux\/(mintmaker|references)|renovate)\//;
const BOT_SENDER = /renovate|mintmaker/i;

/** An override of faultline.yaml wins over the run's own faultline.dev/ labels, which win over the defaults. */
export function classify(
  metadata: Metadata,
  type: RunType,
  place: Place,
  optional: boolean,
  options: Options,
): Classification {
  const overrides = options.overrides.filter((override) => matches(override, metadata));
  const declared = (field: 'severity' | 'type' | 'stage' | 'origin'): string | undefined =>
    overrides.find((override) => override[field] !== undefined)?.[field] ?? text(metadata.labels[PREFIX + field]);
  const severity = declared('severity');
  const labels: Record<string, string> = {};
  add(labels, 'stage', declared('stage') ?? stageOf(type, place));
  add(labels, 'origin', declared('origin') ?? originOf(metadata));
  add(labels, 'application', text(metadata.labels[KEYS.application]));
  add(labels, 'component', text(metadata.labels[KEYS.component]));
  return {
    type: declared('type')?.slice(0, 63).toWellFormed() ?? type.kind,
    severity: isSeverity(severity) ? severity : defaultSeverity(type, place, optional, options),
    labels,
  };
}

function defaultSeverity(type: RunType, place: Place, optional: boolean, options: Options): Severity {
  if (type.kind === 'test' && optional) return options.severity.optional;
  return isDevelopment(place) && type.kind !== 'release' ? options.severity.pullRequest : options.severity[type.kind];
}

/** What a failure stops: one change, or what is shipped. Unknown for runs that were started by hand. */
function stageOf(type: RunType, place: Place): string | undefined {
  if (type.kind === 'release') return 'releasable';
  if (isDevelopment(place)) return 'development';
  return place.kind === 'branch' ? 'releasable' : undefined;
}

function isDevelopment(place: Place): boolean {
  return place.kind === 'pull-request' || (place.kind === 'branch' && place.queue);
}

/** Who wanted the change: the dependency bot or a person. Unknown when no change started the run. */
function originOf(metadata: Metadata): string | undefined {
  const source = pacAnnotation(metadata, 'source-branch')?.replace(/^refs\/heads\//, '');
  const sender = pacValue(metadata, 'sender');
  // The merge commit of a bot's pull request is pushed by a person and names the branch.
  const subject = pacAnnotation(metadata, 'sha-title')?.slice(0, 1_000);
  if (BOT_BRANCH.test(source ?? '') || BOT_SENDER.test(sender ?? '') || BOT_BRANCH.test(subject ?? ''))
    return 'mintmaker';
  return (source ?? sender ?? pacValue(metadata, 'event-type')) === undefined ? undefined : 'user';
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

function add(labels: Record<string, string>, key: string, value: string | undefined): void {
  if (value !== undefined && LABEL_VALUE.test(value)) labels[PREFIX + key] = value;
}
