import type { ClusterObject } from '../../controllers/runtime/object.ts';
import type { SimulatedRun } from './month.ts';

/** PipelineRuns as the runtime's cache holds them: what `tekton/pipelinerun` declares, and no pipelineSpec. */

const TEKTON = 'tekton.dev/v1';
export const SCENARIO = 'smoke';

/**
 * Every state of a run that a watch shows, oldest first: created, started, one for each task that is done, and the end.
 * The same for the same run.
 */
export function* changesOf(run: SimulatedRun): Generator<ClusterObject> {
  const metadata = metadataOf(run);
  const object = (status: Readonly<Record<string, unknown>>): ClusterObject => ({
    ...{ apiVersion: TEKTON, kind: 'PipelineRun', metadata, spec: {}, status },
  });
  yield object({});
  for (let done = 0; done < run.tasks; done++) {
    const left = run.tasks - done;
    const message = `Tasks Completed: ${done} (Failed: 0, Cancelled 0), Incomplete: ${left}, Skipped: 0`;
    yield object({ conditions: [condition('Unknown', done === 0 ? 'Started' : 'Running', message, run.startedAt)] });
  }
  const counts = `(Failed: ${run.result === 'failed' ? 1 : 0}, Cancelled ${run.result === 'cancelled' ? 1 : 0})`;
  const message = `Tasks Completed: ${run.tasks} ${counts}, Skipped: 0`;
  const reason = { succeeded: 'Succeeded', failed: 'Failed', cancelled: 'Cancelled' }[run.result];
  const status = run.result === 'succeeded' ? 'True' : 'False';
  yield object({
    conditions: [condition(status, reason, message, run.completedAt)],
    completionTime: time(run.completedAt),
  });
}

/** The TaskRuns that a look at the end of the run finds: of a failed one the task that is to blame. */
export function taskRunsOf(run: SimulatedRun): readonly ClusterObject[] {
  if (run.result !== 'failed') return [];
  const task = run.type === 'test' ? 'verify' : run.cause === 'outage' ? 'init' : 'build-container';
  const name = `${nameOf(run)}-${task}`;
  const message =
    run.cause === 'outage'
      ? `failed to pull the image registry-${run.component.registry}.example.com/tools/init: 503 Service Unavailable`
      : `"step-${task}" exited with code 1`;
  const status = {
    ...{ conditions: [condition('False', 'Failed', message, run.completedAt)], completionTime: time(run.completedAt) },
    ...{ podName: `${name}-pod` },
    ...(run.cause === 'code' && {
      steps: [{ name: task, container: `step-${task}`, terminated: { exitCode: 1, reason: 'Error' } }],
    }),
  };
  const labels = { 'tekton.dev/pipelineTask': task };
  const { namespace } = run.component;
  return [
    { apiVersion: TEKTON, kind: 'TaskRun', metadata: { name, namespace, uid: `${uidOf(run)}-t`, labels }, status },
  ];
}

function metadataOf(run: SimulatedRun): ClusterObject['metadata'] {
  const { component, pullRequest, type } = run;
  const event = pullRequest === undefined ? 'push' : 'pull-request';
  // integration-service copies what Pipelines-as-Code wrote under a prefix of its own.
  const pac = type === 'test' ? 'pac.test.appstudio.openshift.io' : 'pipelinesascode.tekton.dev';
  const sha = run.index.toString(16).padStart(8, '0').repeat(5);
  const repository = `https://git.example.com/${component.namespace}/${component.name}`;
  return {
    name: nameOf(run),
    namespace: component.namespace,
    uid: uidOf(run),
    creationTimestamp: time(run.startedAt),
    labels: {
      'appstudio.openshift.io/application': 'shop',
      'appstudio.openshift.io/component': component.name,
      'pipelines.appstudio.openshift.io/type': type,
      [`${pac}/event-type`]: event === 'push' ? 'push' : 'pull_request',
      [`${pac}/original-prname`]: `${component.name}-on-${event}`,
      [`${pac}/repository`]: component.name,
      [`${pac}/sha`]: sha,
      ...(pullRequest !== undefined && { [`${pac}/pull-request`]: String(pullRequest) }),
      ...(type === 'test' && { 'test.appstudio.openshift.io/scenario': SCENARIO }),
      ...(type === 'test' && { 'test.appstudio.openshift.io/optional': 'false' }),
    },
    annotations: {
      'build.appstudio.redhat.com/target_branch': 'main',
      [`${pac}/branch`]: event === 'push' ? 'refs/heads/main' : 'main',
      [`${pac}/repo-url`]: repository,
      [`${pac}/sha-title`]: `Change ${run.index} of ${component.name}`,
      [`${pac}/sha-url`]: `${repository}/commit/${sha}`,
    },
  };
}

function nameOf({ component, pullRequest, type, index }: SimulatedRun): string {
  const what = type === 'test' ? SCENARIO : pullRequest === undefined ? 'on-push' : 'on-pull-request';
  return `${component.name}-${what}-${index.toString(36)}`;
}

function uidOf({ index }: SimulatedRun): string {
  return `00000000-0000-4000-8000-${index.toString(16).padStart(12, '0')}`;
}

function condition(status: string, reason: string, message: string, at: number): Readonly<Record<string, string>> {
  return { type: 'Succeeded', status, reason, message, lastTransitionTime: time(at) };
}

function time(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}
