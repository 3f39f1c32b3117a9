/**
 * Why a run failed, in words: one row for each reason that Tekton gives (pkg/apis/pipeline/v1/pipelinerun_types.go,
 * taskrun_types.go, pkg/pod/status.go) and for ours. A reason without a row stays as it is. docs/controllers shows
 * this table.
 */
export interface ReasonText {
  /** Whether it ran before it failed: the run, or the task that is to blame. */
  readonly started: boolean;
  /** Completes "Build of payments on main failed: …", "… never started: …" and "… task unit never started (…)". */
  readonly phrase: string;
  readonly remedy?: string;
}

const REFERENCE = 'Check that the reference (name, bundle, branch or path) exists and that the namespace may read it.';
const DEFINITION = 'Correct the pipeline definition in .tekton/ or in the referenced pipeline, then run it again.';
const QUOTA = 'Wait until other runs finish, lower the requests of the task, or raise the quota of the namespace.';

export const REASONS: Readonly<Record<string, ReasonText>> = {
  // Ours: Tekton says only `Failed`.
  TaskRunFailed: { started: true, phrase: 'a task failed' },
  PipelineRunFailed: { started: true, phrase: 'Tekton gives no reason' },
  TestFailed: { started: true, phrase: 'the test reports failures' },
  TestError: { started: true, phrase: 'the test reports an error of its own' },
  TestOutputInvalid: {
    started: true,
    phrase: 'the test result could not be understood',
    remedy: 'TEST_OUTPUT must be JSON with result SUCCESS, FAILURE, WARNING, SKIPPED or ERROR.',
  },
  OOMKilled: { started: true, phrase: 'a step ran out of memory', remedy: 'Raise the memory limit of the step.' },
  ExceededResourceQuota: { started: false, phrase: 'the quota of the namespace is used up', remedy: QUOTA },
  // Of the run.
  PipelineRunTimeout: {
    started: true,
    phrase: 'it took too long',
    remedy: 'See which task hangs or waits for resources; else raise spec.timeouts.',
  },
  PipelineRunCouldntTimeOut: { started: true, phrase: 'it took too long and could not be stopped' },
  CouldntGetPipeline: { started: false, phrase: 'the pipeline could not be fetched', remedy: REFERENCE },
  CouldntGetTask: { started: false, phrase: 'a task could not be fetched', remedy: REFERENCE },
  PipelineValidationFailed: { started: false, phrase: 'the pipeline is not valid', remedy: DEFINITION },
  PipelineInvalidGraph: { started: false, phrase: 'the order of the tasks is not possible', remedy: DEFINITION },
  InvalidWorkspaceBindings: { started: false, phrase: 'a workspace is missing or wrong', remedy: DEFINITION },
  RequiredWorkspaceMarkedOptional: { started: false, phrase: 'a required workspace is optional', remedy: DEFINITION },
  InvalidPipelineResourceBindings: { started: false, phrase: 'a resource binding is wrong', remedy: DEFINITION },
  InvalidTaskRunSpecs: { started: false, phrase: 'taskRunSpecs name an unknown task', remedy: DEFINITION },
  InvalidServiceAccountMappings: { started: false, phrase: 'a service account mapping is wrong', remedy: DEFINITION },
  ParameterMissing: { started: false, phrase: 'a parameter is missing', remedy: DEFINITION },
  ParameterTypeMismatch: { started: false, phrase: 'a parameter has the wrong type', remedy: DEFINITION },
  ObjectParameterMissKeys: { started: false, phrase: 'an object parameter lacks keys', remedy: DEFINITION },
  ParamArrayIndexingInvalid: { started: false, phrase: 'a parameter index is out of range', remedy: DEFINITION },
  InvalidParamValue: { started: false, phrase: 'a parameter has a value that is not allowed', remedy: DEFINITION },
  InvalidMatrixParameterTypes: { started: false, phrase: 'a matrix parameter is wrong', remedy: DEFINITION },
  ResourceVerificationFailed: { started: false, phrase: 'the signature of the pipeline is not valid' },
  CELEvaluationFailed: { started: false, phrase: 'a when expression could not be evaluated', remedy: DEFINITION },
  CreateRunFailed: { started: false, phrase: 'a task could not be created' },
  InvalidTaskResultReference: { started: true, phrase: 'a task did not write the result that another needs' },
  CouldntGetPipelineResult: { started: true, phrase: 'a result of the pipeline is missing' },
  // Of the task that is to blame.
  TaskRunTimeout: { started: true, phrase: 'a task took too long' },
  TaskRunImagePullFailed: {
    started: false,
    phrase: 'an image could not be pulled',
    remedy: 'Check the name and tag of the image and the pull secret of the service account.',
  },
  PullImageFailed: { started: false, phrase: 'an image could not be pulled' },
  CreateContainerConfigError: { started: false, phrase: 'a container could not be configured' },
  PodCreationFailed: { started: false, phrase: 'the pod of a task could not be created' },
  PodAdmissionFailed: { started: false, phrase: 'the pod of a task was refused' },
  ExceededNodeResources: { started: false, phrase: 'no node has room for a task', remedy: QUOTA },
  TaskRunResolutionFailed: { started: false, phrase: 'a task could not be fetched', remedy: REFERENCE },
  TaskRunValidationFailed: { started: false, phrase: 'a task is not valid', remedy: DEFINITION },
  TaskValidationFailed: { started: false, phrase: 'a task is not valid', remedy: DEFINITION },
  TaskRunResultLargerThanAllowedLimit: { started: true, phrase: 'a result is larger than Tekton allows' },
};

export function reasonText(reason: string): ReasonText | undefined {
  return Object.hasOwn(REASONS, reason) ? REASONS[reason] : undefined;
}
