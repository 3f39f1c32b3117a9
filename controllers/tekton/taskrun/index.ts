import {
  type DeepReadonly,
  defineController,
  type Fields,
  type Finding,
  fields,
  type ObjectLike,
  type Read,
  text,
  undecided,
  type Verdict,
} from '../../index.ts';
import { runTimes } from '../../pipelines/conditions.ts';
import { expiry } from '../../pipelines/expiry.ts';
import { linksOf } from '../../pipelines/links.ts';
import { metadataOf } from '../../pipelines/metadata.ts';
import { placeOf } from '../../pipelines/place.ts';
import { KONFLUX, TEKTON, TEKTON_VERSIONS } from '../../pipelines/versions.ts';
import { classify } from '../pipelinerun/classify.ts';
import { evidenceOf } from '../pipelinerun/evidence.ts';
import { type Failure, failureCause, taskReason } from '../pipelinerun/failure.ts';
import { reasonText } from '../pipelinerun/reasons.ts';
import { outcomeOf } from '../pipelinerun/task-runs.ts';
import { runState } from '../pipelinerun/verdict.ts';
import { CATALOGUE } from './findings.ts';
import { isPartOfPipelineRun, taskIdentity } from './identity.ts';
import { type Options, optionsSchema } from './options.ts';
import { taskDescription, taskTitle } from './words.ts';

/** Tekton TaskRuns that no PipelineRun started (docs/controllers/tekton-taskrun.md). */
export default defineController<ObjectLike, Options>({
  apiVersion: 'controller/v1',
  documentation: {
    summary:
      'Tekton TaskRuns that no PipelineRun started: one issue for each task that is run on its own and does not work.',
    findings: CATALOGUE,
  },
  watches: {
    apiVersion: TEKTON_VERSIONS,
    kind: 'TaskRun',
    // Those of a PipelineRun never leave the API server.
    labelSelector: '!tekton.dev/pipelineRun',
    fields: [
      'metadata.generateName',
      'spec.taskRef.name',
      'spec.taskRef.params',
      'spec.status',
      'status.conditions',
      'status.completionTime',
      'status.podName',
      'status.steps.name',
      'status.steps.container',
      'status.steps.terminated',
      'status.steps.terminationReason',
    ],
  },
  reads: [
    // Subjects: when one of them is deleted, its issues resolve as SubjectDeleted.
    { apiVersion: KONFLUX, kind: 'Component', fields: [], optional: true },
    { apiVersion: KONFLUX, kind: 'Application', fields: [], optional: true },
  ],
  options: optionsSchema,
  order: 'run',
  onDelete: 'keep',
  logs: true,
  observe,
});

async function observe(run: DeepReadonly<ObjectLike>, read: Read, options: Options): Promise<Verdict> {
  const metadata = metadataOf(run);
  if (isPartOfPipelineRun(metadata)) return undecided('PartOfPipelineRun', { final: true });
  const state = runState(run);
  if (state.state === 'undecided') return undecided(state.reason, { final: state.settled });
  const { name, namespace } = metadata;
  if (name === undefined || namespace === undefined) return undecided('Malformed');

  const place = placeOf(metadata);
  const identity = taskIdentity(run, { ...metadata, name, namespace }, place);
  const times = runTimes(run, state.condition);
  const observation = {
    subject: identity.subject,
    ...times,
    ...expiry(identity.lifetime, times.completedAt ?? times.createdAt, options),
    detail: 0,
  };
  if (state.state === 'succeeded') return { ...observation, findings: [] };

  const failure = failureOf(run, name, identity.task ?? name, state.condition);
  const remedy = failureCause(failure)?.remedy ?? reasonText(failure.reason)?.remedy;
  const { task, pullRequest } = options.severity;
  const severity = { build: task, test: task, release: task, pipeline: task, optional: task, pullRequest };
  const type = { kind: 'pipeline', name: 'task', labelled: false } as const;
  const finding: Finding = {
    key: 'run',
    ...classify(metadata, type, place, false, { severity, overrides: options.overrides }),
    reason: failure.reason,
    title: taskTitle(identity, place, failure),
    description: taskDescription(failure, `${namespace}/${name}`),
    links: linksOf(metadata, place, options.consoleURL),
    ...(remedy === undefined ? {} : { remediation: { text: remedy } }),
    evidence: await evidenceOf(failure, state.condition, namespace, read),
  };
  return { ...observation, findings: [finding] };
}

function failureOf(run: unknown, name: string, task: string, condition: Fields): Failure {
  const { apiVersion, status } = fields(run);
  const outcome = outcomeOf(name, task, fields(status), text(apiVersion)?.slice(0, 253) ?? TEKTON);
  const reason = taskReason(outcome);
  return {
    reason,
    neverStarted: reasonText(reason)?.started === false ? 'run' : undefined,
    culprit: outcome,
    failed: [outcome],
    tests: [],
    message: text(condition.message),
  };
}
