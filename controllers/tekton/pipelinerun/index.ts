import {
  type DeepReadonly,
  defineController,
  type Finding,
  fields,
  identifier,
  type ObjectLike,
  oneLine,
  parseTime,
  type Read,
  records,
  text,
  undecided,
  type Verdict,
} from '../../index.ts';
import { type RunTimes, runTimes } from '../../pipelines/conditions.ts';
import { expiry } from '../../pipelines/expiry.ts';
import { PREFIX } from '../../pipelines/labels.ts';
import { linksOf } from '../../pipelines/links.ts';
import { KEYS, type Metadata, metadataOf, pacAnnotation } from '../../pipelines/metadata.ts';
import { type Place, placeOf } from '../../pipelines/place.ts';
import { type RunType, runTypeOf } from '../../pipelines/run-type.ts';
import { pipelineName } from '../../pipelines/subjects.ts';
import { KONFLUX, PIPELINES_AS_CODE, SCENARIO_VERSIONS, TEKTON_VERSIONS } from '../../pipelines/versions.ts';
import { classify } from './classify.ts';
import { evidenceOf } from './evidence.ts';
import { type Failure, failureCause, failureOf, testFailureOf } from './failure.ts';
import { CATALOGUE } from './findings.ts';
import { type Identity, identityOf } from './identity.ts';
import { type Options, optionsSchema } from './options.ts';
import { reasonText } from './reasons.ts';
import { finishedCount, type TaskOutcome, taskOutcomes } from './task-runs.ts';
import { testOutputs } from './test-output.ts';
import { runState } from './verdict.ts';
import { description, runTitle, title } from './words.ts';

/**
 * Tekton PipelineRuns: one issue for each thing that is built, tested or released and does not work
 * (docs/controllers/tekton-pipelinerun.md). Written for Konflux and Pipelines-as-Code, and for Tekton alone.
 */

/** Test results are in the TaskRuns, which another watch brings: wait so long for them after a test run succeeded. */
const TASK_RUN_GRACE_MS = 5_000;

export default defineController<ObjectLike, Options>({
  apiVersion: 'controller/v1',
  watches: {
    apiVersion: TEKTON_VERSIONS,
    kind: 'PipelineRun',
    fields: [
      'metadata.generateName',
      'spec.pipelineRef.name',
      'spec.pipelineRef.params',
      'spec.params',
      'spec.status',
      'status.conditions',
      'status.completionTime',
      'status.childReferences.kind',
      'status.childReferences.name',
      'status.childReferences.pipelineTaskName',
      'status.taskRuns',
      'status.results',
      'status.pipelineResults',
    ],
  },
  reads: [
    {
      apiVersion: TEKTON_VERSIONS,
      kind: 'TaskRun',
      ownedByObject: true,
      fields: [
        'status.conditions',
        'status.completionTime',
        'status.podName',
        'status.steps.name',
        'status.steps.container',
        'status.steps.terminated',
        'status.steps.terminationReason',
        'status.results',
        'status.taskResults',
      ],
    },
    {
      apiVersion: SCENARIO_VERSIONS,
      kind: 'IntegrationTestScenario',
      fields: [],
      optional: true,
    },
    // Subjects: when one of them is deleted, its issues resolve as SubjectDeleted.
    { apiVersion: KONFLUX, kind: 'Component', fields: [], optional: true },
    { apiVersion: KONFLUX, kind: 'Application', fields: [], optional: true },
    { apiVersion: KONFLUX, kind: 'ReleasePlan', fields: [], optional: true },
    { apiVersion: PIPELINES_AS_CODE, kind: 'Repository', fields: [], optional: true },
  ],
  options: optionsSchema,
  order: 'run',
  onDelete: 'keep',
  logs: true,
  crossNamespaceText: true, // a release pipeline is about a tenant's Application; the issue and all text are where it runs
  documentation: {
    summary:
      'Tekton PipelineRuns: one issue for each thing that is built, tested or released and does not work. For Konflux, for Pipelines-as-Code and for Tekton alone.',
    findings: CATALOGUE,
  },
  observe,
});

async function observe(run: DeepReadonly<ObjectLike>, read: Read, options: Options): Promise<Verdict> {
  const state = runState(run);
  if (state.state === 'undecided') return undecided(state.reason, { final: state.settled });
  const metadata = metadataOf(run);
  const { name, namespace } = metadata;
  if (name === undefined || namespace === undefined) return undecided('Malformed');

  const type = runTypeOf(metadata);
  const place = placeOf(metadata);
  const outcomes = taskOutcomes(run, await read.owned('TaskRun'));
  const times = runTimes(run, state.condition);
  if (state.state === 'succeeded' && type.kind === 'test' && awaitsTaskRuns(run, outcomes, times, read)) {
    return undecided('AwaitingTaskRuns', { again: 1_000 });
  }
  const tests = type.kind === 'test' ? testOutputs(run, outcomes) : [];
  const failure =
    state.state === 'failed' ? failureOf(run, state.condition, outcomes, tests) : testFailureOf(state.condition, tests);
  const identity = identityOf(run, { ...metadata, name, namespace }, type, place);
  const context = { run, metadata, type, place, identity, options };
  return {
    subject: identity.subject,
    ...times,
    ...expiry(identity.lifetime, times.completedAt ?? times.createdAt, options),
    detail: finishedCount(outcomes),
    findings:
      failure === undefined
        ? []
        : [
            {
              ...finding(failure, await isOptional(metadata, namespace, read), context),
              evidence: await evidenceOf(failure, state.condition, namespace, read),
            },
          ],
  };
}

interface Context {
  readonly run: unknown;
  readonly metadata: Metadata;
  readonly type: RunType;
  readonly place: Place;
  readonly identity: Identity;
  readonly options: Options;
}

/** The one finding of a run: which task failed is its reason, not another key. */
function finding(failure: Failure, optional: boolean, context: Context): Finding {
  const { run, metadata, type, place, identity, options } = context;
  const what = runTitle(
    identity.subject,
    type,
    place,
    pipelineName(run, metadata),
    identifier(metadata.labels[KEYS.scenario]),
  );
  const classification = classify(metadata, type, place, optional, options);
  const remedy = failureCause(failure)?.remedy ?? reasonText(failure.reason)?.remedy;
  return {
    key: 'run',
    ...classification,
    reason: failure.reason,
    title: title(what, failure),
    description: description(failure, metadata),
    links: linksOf(metadata, place, options.consoleURL),
    ...groupOf(metadata, classification.labels),
    ...(remedy === undefined ? {} : { remediation: { text: remedy } }),
  };
}

/**
 * What this failure has in common with others (docs/groups.md): as whoever wrote the pipeline knows it, else the CVE that an
 * update of the dependency bot repairs.
 */
function groupOf(metadata: Metadata, labels: Readonly<Record<string, string>>): Pick<Finding, 'group'> {
  const declared = oneLine(text(metadata.annotations[KEYS.group])?.slice(0, 1_000) ?? '', MAX_GROUP);
  if (declared !== '') return { group: declared };
  if (labels[`${PREFIX}origin`] !== 'mintmaker') return {};
  const vulnerability = /\bCVE-\d{4}-\d{4,7}\b/.exec(pacAnnotation(metadata, 'sha-title')?.slice(0, 1_000) ?? '')?.[0];
  return vulnerability === undefined ? {} : { group: vulnerability };
}

const MAX_GROUP = 253;

/** The label is on the run; runs of older integration-service versions carry it on the scenario only. */
async function isOptional(metadata: Metadata, namespace: string, read: Read): Promise<boolean> {
  const label = metadata.labels[KEYS.optional];
  const scenario = identifier(metadata.labels[KEYS.scenario]);
  if (label !== undefined || scenario === undefined) return label === 'true';
  const object = await read.get('IntegrationTestScenario', namespace, scenario);
  return object !== undefined && metadataOf(object).labels[KEYS.optional] === 'true';
}

/** A test run that just succeeded and whose TaskRuns have not all been seen: its results may say otherwise. */
function awaitsTaskRuns(run: unknown, outcomes: readonly TaskOutcome[], times: RunTimes, read: Read): boolean {
  const age = read.now().getTime() - (parseTime(times.completedAt) ?? 0);
  if (age < 0 || age > TASK_RUN_GRACE_MS) return false;
  const seen = new Set(outcomes.filter((outcome) => outcome.status !== 'unfinished').map((outcome) => outcome.name));
  return records(fields(fields(run).status).childReferences).some(
    (child) => child.kind === 'TaskRun' && typeof child.name === 'string' && !seen.has(child.name),
  );
}
