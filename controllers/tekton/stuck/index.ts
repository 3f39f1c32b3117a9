import {
  type DeepReadonly,
  defineController,
  type Finding,
  multiLine,
  type ObjectLike,
  oneLine,
  type Read,
  undecided,
  type Verdict,
} from '../../index.ts';
import { conditionsOf, shownConditions } from '../../pipelines/conditions.ts';
import { isDevelopment, labelsOf, originOf, stageOf } from '../../pipelines/labels.ts';
import { linksOf } from '../../pipelines/links.ts';
import { type Metadata, metadataOf } from '../../pipelines/metadata.ts';
import { placeOf } from '../../pipelines/place.ts';
import { runTypeOf } from '../../pipelines/run-type.ts';
import { componentOrApplication } from '../../pipelines/subjects.ts';
import { TEKTON, TEKTON_VERSIONS } from '../../pipelines/versions.ts';
import { lengthWords, MAX_DESCRIPTION, MAX_TITLE, placeWords, short } from '../../pipelines/words.ts';
import { CATALOGUE } from './findings.ts';
import { type Options, optionsSchema } from './options.ts';
import { type Wait, waitsOf } from './progress.ts';
import { REASONS } from './reasons.ts';

/**
 * PipelineRuns that wait or run longer than they should (docs/controllers/tekton-stuck.md). Its subject is the run
 * itself, the one generated name in the product: a run that is stuck is no verdict on what it builds, and it is over
 * when this run is.
 */
export default defineController<ObjectLike, Options>({
  apiVersion: 'controller/v1',
  documentation: {
    summary: 'PipelineRuns that wait, or run, longer than they should: one issue for each run, which ends with it.',
    findings: CATALOGUE,
  },
  watches: {
    apiVersion: TEKTON_VERSIONS,
    kind: 'PipelineRun',
    fields: [
      'spec.status',
      'spec.timeout',
      'spec.timeouts',
      'status.conditions',
      'status.startTime',
      'status.completionTime',
    ],
  },
  reads: [
    {
      apiVersion: TEKTON_VERSIONS,
      kind: 'TaskRun',
      ownedByObject: true,
      fields: ['status.conditions', 'status.startTime'],
    },
  ],
  options: optionsSchema,
  order: 'state',
  onDelete: 'resolve',
  observe,
});

/** setTimeout takes no more than 24.8 days, and a clock may be corrected. */
const MAX_AGAIN = 86_400_000;

async function observe(run: DeepReadonly<ObjectLike>, read: Read, options: Options): Promise<Verdict> {
  const metadata = metadataOf(run);
  const { name, namespace } = metadata;
  if (name === undefined || namespace === undefined) return undecided('Malformed');
  const subject = { apiVersion: TEKTON, kind: 'PipelineRun', namespace, name };
  const waits = waitsOf(run, await read.owned('TaskRun'), options);
  // Whatever it took: under other options than these it may have been stuck, and its issue is open.
  if (waits === undefined) return { subject, findings: [] };
  const now = read.now().getTime();
  const over = waits.filter((wait) => wait.since + wait.limitMs <= now);
  const next = Math.min(...waits.filter((wait) => !over.includes(wait)).map((wait) => wait.since + wait.limitMs - now));
  const again = Number.isFinite(next) ? { again: Math.min(next, MAX_AGAIN) } : {};
  const [first] = over;
  if (first === undefined) return { subject, findings: [], ...again };
  return {
    subject,
    observedAt: new Date(first.since + first.limitMs).toISOString(),
    findings: [finding(run, { ...metadata, name, namespace }, over, options)],
    ...again,
  };
}

function finding(
  run: unknown,
  metadata: Metadata & { readonly name: string; readonly namespace: string },
  over: readonly Wait[],
  options: Options,
): Finding {
  const first = over[0] as Wait;
  const place = placeOf(metadata);
  const type = runTypeOf(metadata);
  const known = REASONS[first.reason];
  const detail = first.detail === undefined ? '' : ` (${first.detail})`;
  const of = componentOrApplication(metadata);
  const about = `${of === undefined ? '' : ` of ${short(of.name, 63)}`}${placeWords(place)}`;
  const task = first.task === undefined ? '' : ` in task ${short(first.task, 63)}`;
  return {
    key: 'stuck',
    type: type.kind,
    severity: isDevelopment(place) ? options.severity.pullRequest : options.severity.run,
    reason: first.reason,
    title: oneLine(
      `PipelineRun ${short(metadata.name, 63)}${about} is stuck: ${known?.phrase ?? first.reason}${detail}${task}`,
      MAX_TITLE,
    ),
    description: multiLine(over.slice(0, 10).map(line).join('\n'), MAX_DESCRIPTION),
    labels: labelsOf(metadata, {
      stage: type.kind === 'release' ? 'releasable' : stageOf(place),
      origin: originOf(metadata),
    }),
    links: linksOf(metadata, place, options.consoleURL),
    ...(known === undefined ? {} : { remediation: { text: known.remedy } }),
    evidence: { conditions: shownConditions(conditionsOf(run)) },
  };
}

/** No age: it would change with every look. */
function line({ reason, since, limitMs, task, message }: Wait): string {
  const what = task === undefined ? 'The run' : `Task ${short(task, 100)}`;
  const phrase = REASONS[reason]?.phrase ?? reason;
  const said = message === undefined ? '' : `: ${short(message, 500)}`;
  return `- ${what}: ${phrase}, since ${new Date(since).toISOString()} (more than ${lengthWords(limitMs)})${said}`;
}
