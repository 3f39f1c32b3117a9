import type { ControlPlane } from '../controlplane/control-plane.ts';

/** PipelineRuns and TaskRuns as Tekton writes them, created and updated through a real API server. */

/** The part of Tekton's CRDs that a cluster needs to hold runs: structure is preserved, status is a subresource. */
export function tektonCrds(): unknown[] {
  return [crd('pipelineruns', 'PipelineRun', ['pr', 'prs']), crd('taskruns', 'TaskRun', ['tr', 'trs'])];
}

function crd(plural: string, kind: string, shortNames: string[]): unknown {
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  const version = (name: string, storage: boolean): unknown => ({
    name,
    served: true,
    storage,
    schema,
    subresources: { status: {} },
  });
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.tekton.dev` },
    spec: {
      group: 'tekton.dev',
      scope: 'Namespaced',
      names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List`, shortNames },
      versions: [version('v1', true), version('v1beta1', false)],
    },
  };
}

export interface RunOptions {
  readonly name: string;
  readonly namespace: string;
  readonly component: string;
  /** Of the event: a push to `main` unless a pull request is given. */
  readonly pullRequest?: number;
  /** What its failure has in common with others. */
  readonly group?: string;
}

export type Outcome =
  | { readonly succeeded: true; readonly at: string }
  | { readonly succeeded: false; readonly at: string; readonly reason?: string; readonly message?: string };

/** A build of a Konflux component by Pipelines-as-Code: inline spec, and a `tekton.dev/pipeline` label that repeats the run's name. */
export function buildRun({ name, namespace, component, pullRequest, group }: RunOptions): {
  metadata: { name: string; namespace: string };
} {
  const event =
    pullRequest === undefined
      ? { 'pipelinesascode.tekton.dev/event-type': 'push' }
      : {
          'pipelinesascode.tekton.dev/event-type': 'pull_request',
          'pipelinesascode.tekton.dev/pull-request': String(pullRequest),
        };
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: {
      name,
      namespace,
      labels: {
        'appstudio.openshift.io/application': 'shop',
        'appstudio.openshift.io/component': component,
        'pipelines.appstudio.openshift.io/type': 'build',
        'pipelinesascode.tekton.dev/original-prname': `${component}-on-${pullRequest === undefined ? 'push' : 'pull-request'}`,
        'tekton.dev/pipeline': name,
        ...event,
      },
      annotations: {
        'build.appstudio.redhat.com/target_branch': 'main',
        'pipelinesascode.tekton.dev/branch': 'main',
        'pipelinesascode.tekton.dev/source-branch': pullRequest === undefined ? 'main' : `feature-${pullRequest}`,
        ...(group !== undefined && { 'faultline.dev/group': group }),
      },
    },
    spec: {
      pipelineSpec: { tasks: [{ name: 'build', taskSpec: { steps: [{ name: 'buildah', image: 'buildah' }] } }] },
    },
  } as { metadata: { name: string; namespace: string } };
}

const path = (namespace: string, name = ''): string =>
  `/apis/tekton.dev/v1/namespaces/${namespace}/pipelineruns${name && `/${name}`}`;

/** Creates the run and, with an outcome, writes its completion as Tekton's controller would. */
export async function createRun(plane: ControlPlane, options: RunOptions, outcome?: Outcome): Promise<void> {
  await expectOk(plane.request(path(options.namespace), { method: 'POST', body: buildRun(options) }));
  if (outcome) await completeRun(plane, options.namespace, options.name, outcome);
}

/** Writes the run's completion into its status. */
export async function completeRun(
  plane: ControlPlane,
  namespace: string,
  name: string,
  outcome: Outcome,
): Promise<void> {
  const condition = outcome.succeeded
    ? {
        type: 'Succeeded',
        status: 'True',
        reason: 'Succeeded',
        message: 'Tasks Completed: 1 (Failed: 0, Cancelled 0), Skipped: 0',
      }
    : {
        type: 'Succeeded',
        status: 'False',
        reason: outcome.reason ?? 'Failed',
        message: outcome.message ?? 'Tasks Completed: 1 (Failed: 1, Cancelled 0), Skipped: 0',
      };
  const status = {
    startTime: outcome.at,
    completionTime: outcome.at,
    conditions: [{ ...condition, lastTransitionTime: outcome.at }],
  };
  await expectOk(
    plane.request(`${path(namespace, name)}/status`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/merge-patch+json' },
      body: { status },
    }),
  );
}

export async function deleteRun(plane: ControlPlane, namespace: string, name: string): Promise<void> {
  await expectOk(plane.request(path(namespace, name), { method: 'DELETE' }));
}

/**
 * RFC 3339, whole seconds, as Tekton writes; `offset` in seconds from now. A run that completed before its namespace was
 * created is ignored, and one more than 60 s ahead is refused: tests stay between.
 */
export function at(offset = 0): string {
  return `${new Date(Date.now() + offset * 1_000).toISOString().slice(0, 19)}Z`;
}

async function expectOk(response: Promise<{ status: number; body: string }>): Promise<void> {
  const { status, body } = await response;
  if (status >= 300) throw new Error(`the API server answered ${status}: ${body}`);
}
