/**
 * PipelineRuns of a Konflux build by Pipelines-as-Code, as etcd holds them: inline pipelineSpec in spec and status,
 * steps with scripts, childReferences, results, and the managedFields of three managers. Every run has a subject of its
 * own (a branch of a component, or a pull request), so that each one is reported.
 */

export interface RunSize {
  /** Tasks of the pipeline, with two steps each. */
  readonly tasks: number;
  /** Lines of each step's script. */
  readonly lines: number;
}

export interface StoredRun {
  readonly apiVersion: 'tekton.dev/v1';
  readonly kind: 'PipelineRun';
  readonly metadata: { readonly name: string; readonly namespace: string; readonly uid: string; generation: number };
  readonly status: { conditions: readonly Condition[]; completionTime: string };
}

interface Condition {
  readonly type: 'Succeeded';
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
}

/** 45 to 105 kB as JSON, 75 kB in the middle. */
export function realisticSize(index: number): RunSize {
  return { tasks: 12, lines: 2 + ((index * 8) % 21) };
}

/** About 9 kB as JSON, most of it metadata. */
export const SMALL: RunSize = { tasks: 1, lines: 2 };

export const NAMESPACES = 30;

export function namespaceOf(index: number): string {
  return `tenant-${String(index % NAMESPACES).padStart(2, '0')}`;
}

/** Whether the run of this index failed, at this look of several. */
export function isFailed(index: number, revision: number): boolean {
  return (index + revision) % 3 === 0;
}

export interface RunMoment {
  /** Runs completed half an hour before. Default the present. */
  readonly now?: number;
  /** Default 0. */
  readonly revision?: number;
}

/** The run as stored in etcd; the same for the same arguments. `revision` counts its completions. */
export function storedRun(index: number, size: RunSize, { now = Date.now(), revision = 0 }: RunMoment = {}): StoredRun {
  const component = `service-${String(Math.floor(index / NAMESPACES)).padStart(3, '0')}`;
  const isPullRequest = index % 2 === 1;
  const name = `${component}-on-${isPullRequest ? 'pull-request' : 'push'}-${index.toString(36).padStart(5, 'x')}`;
  const spec = pipelineSpec(size);
  const [created, completed] = [now - 3_600_000 - (index % 1_000) * 1_000, now - 1_800_000 - (index % 1_000) * 1_000];
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: {
      name,
      namespace: namespaceOf(index),
      uid: uidOf(index),
      generation: 1,
      ...{ creationTimestamp: time(created), generateName: name.slice(0, -5) },
      ...{ labels: labels(index, name, component, isPullRequest), annotations: annotations(index, component, created) },
      ...{ finalizers: ['chains.tekton.dev/pipelinerun', 'results.tekton.dev/pipelinerun'] },
      ...{ managedFields: managedFields(size, created) },
    },
    ...{ spec: runSpec(index, spec, component) },
    status: status(index, size, spec, { name, created, completed, revision }),
  };
}

/** The same while it runs. */
export function runningRun(index: number, size: RunSize): StoredRun {
  const { metadata, status: _, ...rest } = storedRun(index, size);
  return { ...rest, metadata, status: {} } as unknown as StoredRun;
}

export function uidOf(index: number): string {
  return `00000000-0000-4000-8000-${index.toString(16).padStart(12, '0')}`;
}

function labels(index: number, name: string, component: string, isPullRequest: boolean): Record<string, string> {
  return {
    'app.kubernetes.io/managed-by': 'pipelinesascode.tekton.dev',
    'app.kubernetes.io/version': 'v0.37.0',
    'appstudio.openshift.io/application': `shop-${index % 7}`,
    'appstudio.openshift.io/component': component,
    'kueue.x-k8s.io/priority-class': 'konflux-post-merge-build',
    'pipelines.appstudio.openshift.io/type': 'build',
    'pipelines.openshift.io/runtime': 'generic',
    'pipelines.openshift.io/strategy': 'docker',
    'pipelines.openshift.io/used-by': 'build-cloud',
    'pipelinesascode.tekton.dev/cancel-in-progress': 'false',
    'pipelinesascode.tekton.dev/check-run-id': String(40_000_000_000 + index),
    'pipelinesascode.tekton.dev/event-type': isPullRequest ? 'pull_request' : 'push',
    'pipelinesascode.tekton.dev/original-prname': `${component}-on-${isPullRequest ? 'pull-request' : 'push'}`,
    'pipelinesascode.tekton.dev/repository': component,
    'pipelinesascode.tekton.dev/sha': shaOf(index),
    'pipelinesascode.tekton.dev/state': 'completed',
    'pipelinesascode.tekton.dev/url-org': 'example',
    'pipelinesascode.tekton.dev/url-repository': component,
    'tekton.dev/pipeline': name,
    ...(isPullRequest && { 'pipelinesascode.tekton.dev/pull-request': String(1_000 + index) }),
  };
}

function annotations(index: number, component: string, created: number): Record<string, string> {
  const sha = shaOf(index);
  const repository = `https://git.example.com/example/${component}`;
  const console = `https://console.example.com/ns/${namespaceOf(index)}/pipelinerun/run-${index}`;
  return {
    'build.appstudio.openshift.io/commit_sha': sha,
    'build.appstudio.openshift.io/repo': `${repository}?rev=${sha}`,
    'build.appstudio.redhat.com/target_branch': `release-${index}`,
    'chains.tekton.dev/signed': 'true',
    'pipeline.tekton.dev/release': 'v1.1.0',
    'pipelinesascode.tekton.dev/branch': `refs/heads/release-${index}`,
    'pipelinesascode.tekton.dev/git-auth-secret': `pac-gitauth-${index.toString(36)}`,
    'pipelinesascode.tekton.dev/git-provider': 'github',
    'pipelinesascode.tekton.dev/installation-id': '54321',
    'pipelinesascode.tekton.dev/log-url': console,
    'pipelinesascode.tekton.dev/max-keep-runs': '3',
    'pipelinesascode.tekton.dev/on-cel-expression':
      'event == "push" && target_branch == "main" && "Dockerfile".pathChanged()',
    'pipelinesascode.tekton.dev/repo-url': repository,
    'pipelinesascode.tekton.dev/sender': 'developer',
    'pipelinesascode.tekton.dev/sha-title': `Change ${index} of ${component}`,
    'pipelinesascode.tekton.dev/sha-url': `${repository}/commit/${sha}`,
    'pipelinesascode.tekton.dev/source-branch': `change-${index}`,
    'results.tekton.dev/record': `${namespaceOf(index)}/results/${uidOf(index)}/records/${uidOf(index)}`,
    'results.tekton.dev/recordSummaryAnnotations': JSON.stringify({ repo: component, commit: sha, at: time(created) }),
    'results.tekton.dev/result': `${namespaceOf(index)}/results/${uidOf(index)}`,
    'results.tekton.dev/stored': 'true',
  };
}

function shaOf(index: number): string {
  return index.toString(16).padStart(8, '0').repeat(5);
}

function runSpec(index: number, spec: unknown, component: string): unknown {
  const params = {
    'git-url': `https://git.example.com/example/${component}`,
    revision: shaOf(index),
    'output-image': `registry.example.com/${namespaceOf(index)}/${component}:${shaOf(index)}`,
    dockerfile: 'Dockerfile',
    'path-context': '.',
    'prefetch-input': '{"type": "gomod", "path": "."}',
    hermetic: 'true',
  };
  return {
    params: Object.entries(params).map(([name, value]) => ({ name, value })),
    pipelineSpec: spec,
    taskRunTemplate: { serviceAccountName: `build-pipeline-${component}` },
    timeouts: { pipeline: '1h0m0s' },
    workspaces: [{ name: 'git-auth', secret: { secretName: `pac-gitauth-${index.toString(36)}` } }],
  };
}

function pipelineSpec({ tasks, lines }: RunSize): unknown {
  return {
    description: 'This pipeline builds a container image from source, and checks what it built.',
    params: ['git-url', 'revision', 'output-image'].map((name) => ({
      name,
      type: 'string',
      description: `The ${name}`,
    })),
    results: [{ name: 'IMAGE_DIGEST', value: '$(tasks.task-0.results.digest)' }],
    tasks: Array.from({ length: tasks }, (_, index) => ({
      name: `task-${index}`,
      params: [
        { name: 'url', value: '$(params.git-url)' },
        { name: 'revision', value: '$(params.revision)' },
      ],
      ...(index > 0 && { runAfter: [`task-${index - 1}`] }),
      taskSpec: {
        metadata: {},
        params: [{ name: 'url', type: 'string', description: 'Where the source is' }],
        results: [{ name: 'digest', type: 'string', description: 'Digest of what was built' }],
        spec: null,
        steps: ['fetch', 'build'].map((step) => taskStep(step, lines)),
      },
      when: [{ input: '$(params.revision)', operator: 'notin', values: ['', 'none'] }],
    })),
  };
}

function taskStep(name: string, lines: number): unknown {
  const line = (number: number): string => `if [ "\${STEP_${number}}" == "true" ]; then run --level ${number}; fi`;
  return {
    name,
    computeResources: { limits: { memory: '4Gi' }, requests: { cpu: '1', memory: '1Gi' } },
    env: [{ name: 'HOME', value: '/tekton/home' }],
    image: `registry.example.com/tools/${name}@sha256:${'0123456789abcdef'.repeat(4)}`,
    script: ['#!/bin/bash', 'set -euo pipefail', ...Array.from({ length: lines }, (_, number) => line(number))].join(
      '\n',
    ),
    volumeMounts: [{ name: 'varlibcontainers', mountPath: '/var/lib/containers' }],
  };
}

interface Course {
  readonly name: string;
  readonly created: number;
  readonly completed: number;
  readonly revision: number;
}

function status(index: number, { tasks }: RunSize, spec: unknown, course: Course): StoredRun['status'] {
  const completionTime = time(course.completed + course.revision * 1_000);
  return {
    ...{ startTime: time(course.created), pipelineSpec: spec },
    completionTime,
    conditions: [conditionOf(index, tasks, course.revision, completionTime)],
    ...{
      childReferences: Array.from({ length: tasks }, (_, task) => ({
        apiVersion: 'tekton.dev/v1',
        kind: 'TaskRun',
        name: `${course.name}-task-${task}`,
        pipelineTaskName: `task-${task}`,
        whenExpressions: [{ input: shaOf(index), operator: 'notin', values: ['', 'none'] }],
      })),
      results: [{ name: 'IMAGE_DIGEST', value: `sha256:${shaOf(index)}` }],
      provenance: { featureFlags: { awaitSidecarReadiness: true, coschedule: 'workspaces', enableAPIFields: 'beta' } },
    },
  };
}

/** What a completion writes: the condition, and with it when it was. */
export function conditionOf(index: number, tasks: number, revision: number, at: string): Condition {
  const failed = isFailed(index, revision);
  return {
    type: 'Succeeded',
    status: failed ? 'False' : 'True',
    reason: failed ? 'Failed' : 'Succeeded',
    message: `Tasks Completed: ${tasks} (Failed: ${failed ? 1 : 0}, Cancelled 0), Skipped: 0`,
    lastTransitionTime: at,
  };
}

/** Server-side apply keeps a name for every field that a manager has set. */
function managedFields({ tasks }: RunSize, at: number): unknown[] {
  const names = (list: readonly string[]): unknown => Object.fromEntries(list.map((name) => [`f:${name}`, {}]));
  const manager = (name: string, fieldsV1: unknown, subresource?: string): unknown => ({
    apiVersion: 'tekton.dev/v1',
    fieldsType: 'FieldsV1',
    fieldsV1,
    manager: name,
    operation: 'Update',
    time: time(at),
    ...(subresource && { subresource }),
  });
  const task = names(['name', 'params', 'runAfter', 'taskSpec', 'when', 'results', 'steps', 'image', 'script', 'env']);
  const steps = Object.fromEntries(Array.from({ length: tasks }, (_, index) => [`k:{"name":"task-${index}"}`, task]));
  return [
    manager('pipelines-as-code-controller', { 'f:metadata': names(['labels', 'annotations']), 'f:spec': steps }),
    manager(
      'openshift-pipelines-controller',
      { 'f:status': { 'f:conditions': {}, 'f:startTime': {}, 'f:tasks': steps } },
      'status',
    ),
    manager('openshift-pipelines-chains-controller', { 'f:metadata': names(['annotations', 'finalizers']) }),
  ];
}

/** RFC 3339 in whole seconds, as Tekton writes. */
export function time(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}
