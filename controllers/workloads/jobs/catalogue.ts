import type { FixedFinding } from '../../index.ts';

const LOG = 'Read its log: `faultline evidence` has the end of it.';
const common = { key: 'job', type: 'workload', severity: 'major' } as const;

/** How a Job fails: the reasons of its condition `Failed`. */
export const JOB_ENTRIES = {
  BackoffLimitExceeded: {
    ...common,
    meaning: 'The Job failed more often than `spec.backoffLimit` allows.',
    remedy: LOG,
  },
  DeadlineExceeded: {
    ...common,
    meaning: 'The Job took longer than `spec.activeDeadlineSeconds`.',
    remedy: 'See what it waits for, or raise the deadline.',
  },
  PodFailurePolicy: { ...common, meaning: 'A rule of `spec.podFailurePolicy` ended the Job.', remedy: LOG },
  FailedIndexes: { ...common, meaning: 'Indexes of an indexed Job failed.', remedy: LOG },
  MaxFailedIndexesExceeded: {
    ...common,
    meaning: 'More indexes failed than `spec.maxFailedIndexes` allows.',
    remedy: LOG,
  },
  JobFailed: { ...common, meaning: 'The Job failed for another reason; the description has it.', remedy: LOG },
} satisfies Readonly<Record<string, FixedFinding>>;

export type JobReason = keyof typeof JOB_ENTRIES;

const PHRASES: Readonly<Record<JobReason, string>> = {
  BackoffLimitExceeded: 'failed and used up its retries',
  DeadlineExceeded: 'did not finish in time',
  PodFailurePolicy: 'was ended by its Pod failure policy',
  FailedIndexes: 'failed in some of its indexes',
  MaxFailedIndexesExceeded: 'failed in too many of its indexes',
  JobFailed: 'failed',
};

/** Completes "Job import …". */
export function phraseOf(reason: JobReason): string {
  return PHRASES[reason];
}

export function jobReason(reason: string | undefined): JobReason {
  return reason !== undefined && Object.hasOwn(JOB_ENTRIES, reason) ? (reason as JobReason) : 'JobFailed';
}
