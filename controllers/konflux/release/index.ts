import {
  type DeepReadonly,
  defineController,
  type Fields,
  type Finding,
  fields,
  identifier,
  type Link,
  multiLine,
  type ObjectLike,
  oneLine,
  text,
  undecided,
  type Verdict,
} from '../../index.ts';
import { condition, conditionsOf, runTimes, shownConditions } from '../../pipelines/conditions.ts';
import { labelsOf } from '../../pipelines/labels.ts';
import { addLink, consoleURL } from '../../pipelines/links.ts';
import { type Metadata, metadataOf } from '../../pipelines/metadata.ts';
import { releasePlan } from '../../pipelines/subjects.ts';
import { KONFLUX } from '../../pipelines/versions.ts';
import { MAX_DESCRIPTION, MAX_TITLE, short } from '../../pipelines/words.ts';
import { CATALOGUE } from './findings.ts';
import { type Options, optionsSchema } from './options.ts';
import { failedPhase } from './phases.ts';

/**
 * Releases of Konflux (docs/controllers/konflux-release.md): what their own status says, in the tenant's namespace. The
 * details of a managed pipeline belong to whoever manages it: tekton/pipelinerun writes them where that pipeline runs, and
 * this controller never reads them.
 */
export default defineController<ObjectLike, Options>({
  apiVersion: 'controller/v1',
  documentation: {
    summary:
      'Releases of Konflux: one issue for each ReleasePlan whose newest release failed, in the namespace of the tenant and in the words of the Release itself.',
    findings: CATALOGUE,
  },
  watches: {
    apiVersion: KONFLUX,
    kind: 'Release',
    fields: [
      'spec.releasePlan',
      'spec.snapshot',
      'status.conditions',
      'status.completionTime',
      'status.target',
      'status.tenantProcessing.pipelineRun',
      'status.managedProcessing.pipelineRun',
      'status.finalProcessing.pipelineRun',
      'status.collectorsProcessing',
    ],
  },
  // The subject: when it is deleted, its issue resolves as SubjectDeleted.
  reads: [{ apiVersion: KONFLUX, kind: 'ReleasePlan', fields: [], optional: true }],
  options: optionsSchema,
  order: 'run',
  onDelete: 'keep',
  observe,
});

function observe(release: DeepReadonly<ObjectLike>, _: unknown, options: Options): Verdict {
  const metadata = metadataOf(release);
  const { name, namespace } = metadata;
  const spec = fields(fields(release).spec);
  const plan = identifier(spec.releasePlan);
  // Releases of before 2023 call it Succeeded.
  const released = condition(release, 'Released', 'Succeeded');
  if (released === undefined) return undecided('NotStarted');
  const subject = namespace === undefined || plan === undefined ? undefined : releasePlan(namespace, plan);
  if (name === undefined || namespace === undefined || subject === undefined) return undecided('Malformed');
  const times = runTimes(release, released);
  const observation = { subject, ...times, detail: 0 };
  if (released.status === 'True') return { ...observation, findings: [] };
  if (released.status !== 'False' || UNFINISHED.has(text(released.reason) ?? '')) return undecided('Releasing');
  return {
    ...observation,
    findings: [
      finding({ release, spec, metadata: { ...metadata, name, namespace }, plan: subject.name, released, options }),
    ],
  };
}

const UNFINISHED: ReadonlySet<string> = new Set(['Progressing', 'Created', 'Running']);

interface Context {
  readonly release: unknown;
  readonly spec: Fields;
  readonly metadata: Metadata & { readonly name: string; readonly namespace: string };
  readonly plan: string;
  readonly released: Fields;
  readonly options: Options;
}

function finding({ release, spec, metadata, plan, released, options }: Context): Finding {
  const { phase, message, run } = failedPhase(release);
  const links: Link[] = [];
  addLink(links, 'console', 'Console', consoleURL(options.consoleURL, metadata));
  const lines = [
    message ?? text(released.message),
    `Release ${metadata.namespace}/${metadata.name}${named(', of the Snapshot ', spec.snapshot)}${named(
      ', to ',
      fields(fields(release).status).target,
    )}`,
    run === undefined ? undefined : `PipelineRun ${short(run, 200)}`,
  ];
  return {
    key: 'release',
    type: 'release',
    severity: options.severity,
    reason: phase.reason,
    title: oneLine(`Release by ${short(plan, 63)} failed: ${phase.phrase}`, MAX_TITLE),
    description: multiLine(
      lines
        .filter((line) => line !== undefined)
        .map((line) => short(line, 2_000))
        .join('\n'),
      MAX_DESCRIPTION,
    ),
    labels: labelsOf(metadata, { stage: 'releasable' }),
    links,
    remediation: { text: phase.remedy },
    evidence: { conditions: shownConditions(conditionsOf(release)) },
  };
}

function named(words: string, value: unknown): string {
  const found = identifier(value);
  return found === undefined ? '' : `${words}${found}`;
}
