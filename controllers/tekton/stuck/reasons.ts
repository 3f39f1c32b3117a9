/** Why a run does not get on, in words: one row for each reason. docs/controllers shows this table. */
export interface StuckText {
  /** Completes "PipelineRun payments-x7k2p of payments is stuck: …". */
  readonly phrase: string;
  readonly remedy: string;
}

const QUEUE =
  'Something must release it: the queue of Pipelines-as-Code (concurrency_limit of the Repository), Kueue, or whoever created it pending.';
const CONTROLLER = 'Check that the Tekton Pipelines controller runs, and its log for this run.';
const RESOLVER =
  'Check that the resolvers run (namespace tekton-pipelines-resolvers), and the address in the reference.';
const ROOM = 'Wait until other runs finish, lower the requests of the task, or raise the quota or the number of nodes.';
const IMAGE = 'Check the name and tag of the image and the pull secret of the service account.';

export const REASONS: Readonly<Record<string, StuckText>> = {
  PipelineRunPending: { phrase: 'it waits to be released', remedy: QUEUE },
  PipelineRunNotStarted: { phrase: 'Tekton has not started it', remedy: CONTROLLER },
  ResolvingPipelineRef: { phrase: 'its pipeline is still being fetched', remedy: RESOLVER },
  ResolvingTaskRef: { phrase: 'a task is still being fetched', remedy: RESOLVER },
  ResolvingStepActionRef: { phrase: 'a step action is still being fetched', remedy: RESOLVER },
  ExceededResourceQuota: { phrase: 'the quota of the namespace is used up', remedy: ROOM },
  ExceededNodeResources: { phrase: 'no node has room for a task', remedy: ROOM },
  PodUnschedulable: { phrase: 'the pod of a task finds no node', remedy: ROOM },
  PullImageFailed: { phrase: 'an image cannot be pulled', remedy: IMAGE },
  CreateContainerConfigError: {
    phrase: 'a container cannot be configured',
    remedy: 'A Secret or ConfigMap that a step needs is missing in the namespace.',
  },
  TaskRunNotStarted: { phrase: 'Tekton has not started a task', remedy: CONTROLLER },
  TaskRunPending: { phrase: 'the pod of a task does not start', remedy: 'See the events of the pod of the task.' },
  PipelineRunRunning: {
    phrase: 'it runs longer than it should',
    remedy: 'See which task hangs; set spec.timeouts, so that Tekton ends such runs itself.',
  },
};
