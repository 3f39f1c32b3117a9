import { type Fields, fields, text } from '../../index.ts';
import { conditionsOf } from '../../pipelines/conditions.ts';

/** The parts of a release, as the conditions of its Release tell them: which one failed is the reason. */
export interface Phase {
  readonly condition: string;
  readonly reason: string;
  /** Completes "Release of shop by shop-to-production failed: …". */
  readonly phrase: string;
  readonly remedy: string;
  /** Where the Release notes its PipelineRun. */
  readonly run?: (status: Fields) => unknown;
}

const OWN = 'See the PipelineRun that the Release names; then release the Snapshot again.';
const MANAGED =
  'The run is in the namespace of the ReleasePlanAdmission, where its details are: ask whoever manages it, with the name of the run.';

export const PHASES: readonly Phase[] = [
  {
    condition: 'Validated',
    reason: 'ReleaseValidationFailed',
    phrase: 'it is not valid',
    remedy:
      'Correct what the message names: the author, the ReleasePlan, or the ReleasePlanAdmission that it must match.',
  },
  {
    condition: 'TenantCollectorsPipelineProcessed',
    reason: 'TenantCollectorsPipelineFailed',
    phrase: 'the collectors pipeline of the tenant failed',
    remedy: OWN,
    run: ({ collectorsProcessing }) => fields(fields(collectorsProcessing).tenantCollectorsProcessing).pipelineRun,
  },
  {
    condition: 'TenantPipelineProcessed',
    reason: 'TenantPipelineFailed',
    phrase: 'the tenant pipeline failed',
    remedy: OWN,
    run: ({ tenantProcessing }) => fields(tenantProcessing).pipelineRun,
  },
  {
    condition: 'ManagedCollectorsPipelineProcessed',
    reason: 'ManagedCollectorsPipelineFailed',
    phrase: 'the managed collectors pipeline failed',
    remedy: MANAGED,
    run: ({ collectorsProcessing }) => fields(fields(collectorsProcessing).managedCollectorsProcessing).pipelineRun,
  },
  {
    condition: 'ManagedPipelineProcessed',
    reason: 'ManagedPipelineFailed',
    phrase: 'the managed pipeline failed',
    remedy: MANAGED,
    run: ({ managedProcessing }) => fields(managedProcessing).pipelineRun,
  },
  {
    condition: 'FinalPipelineProcessed',
    reason: 'FinalPipelineFailed',
    phrase: 'the final pipeline failed',
    remedy: OWN,
    run: ({ finalProcessing }) => fields(finalProcessing).pipelineRun,
  },
];

/** When none of the parts says that it failed. */
export const WHOLE: Phase = {
  condition: 'Released',
  reason: 'ReleaseFailed',
  phrase: 'the release service gives no part that failed',
  remedy: 'See the conditions of the Release.',
};

export interface FailedPhase {
  readonly phase: Phase;
  readonly message: string | undefined;
  /** `namespace/name`. */
  readonly run: string | undefined;
}

/** The first part that failed, with what the Release itself says about it. */
export function failedPhase(release: unknown): FailedPhase {
  const status = fields(fields(release).status);
  const conditions = conditionsOf(release);
  for (const phase of PHASES) {
    const found = conditions.find(({ type }) => type === phase.condition);
    if (found?.status !== 'False' || found.reason === 'Progressing') continue;
    return { phase, message: text(found.message), run: text(phase.run?.(status)) };
  }
  return { phase: WHOLE, message: undefined, run: undefined };
}
