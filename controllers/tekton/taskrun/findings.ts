import type { CataloguedFinding, Severity } from '../../index.ts';
import { sentence } from '../pipelinerun/findings.ts';
import { REASONS } from '../pipelinerun/reasons.ts';

const CLASS = {
  key: 'run',
  type: 'pipeline',
  severity: ['critical', 'major', 'minor', 'info'] satisfies Severity[],
} as const;

/** What of the reasons of runs a task on its own can have (pipelinerun/reasons.ts "Of the task that is to blame"). */
const OF_TASKS: readonly string[] = [
  'TaskRunFailed',
  'TaskRunTimeout',
  'OOMKilled',
  'ExceededResourceQuota',
  'TaskRunImagePullFailed',
  'PullImageFailed',
  'CreateContainerConfigError',
  'PodCreationFailed',
  'PodAdmissionFailed',
  'ExceededNodeResources',
  'TaskRunResolutionFailed',
  'TaskRunValidationFailed',
  'TaskValidationFailed',
  'TaskRunResultLargerThanAllowedLimit',
  'CouldntGetTask',
  'InvalidParamValue',
  'ResourceVerificationFailed',
];

export const CATALOGUE: readonly CataloguedFinding[] = [
  ...OF_TASKS.map((reason) => {
    const known = REASONS[reason];
    return {
      reason,
      ...CLASS,
      meaning: sentence(known?.phrase ?? reason),
      ...(known?.remedy === undefined ? {} : { remedy: known.remedy }),
    };
  }),
  { reason: '*', ...CLASS, meaning: 'Any other reason that is known for runs (tekton/pipelinerun).' },
];
