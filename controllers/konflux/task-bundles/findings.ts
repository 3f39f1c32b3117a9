import type { CataloguedFinding, Severity } from '../../index.ts';

const CLASS = {
  key: 'task-bundles',
  type: 'dependency',
  severity: ['critical', 'major', 'minor', 'info'] satisfies Severity[],
} as const;

const REMEDY =
  'Merge the pull request of MintMaker that updates the references (konflux/references/<branch>), and follow the migration notes of the tasks.';

export const CATALOGUE: readonly CataloguedFinding[] = [
  {
    reason: 'TaskBundleExpired',
    ...CLASS,
    meaning: 'The newest build of a branch used a task bundle that the policy trusts no more: its release fails.',
    remedy: REMEDY,
  },
  {
    reason: 'TaskBundleUntrusted',
    ...CLASS,
    meaning: 'The newest build of a branch used a version of a task bundle that the policy does not list (any more).',
    remedy: REMEDY,
  },
  {
    reason: 'TaskBundleExpiring',
    ...CLASS,
    meaning:
      'The policy will not trust a task bundle that the newest build of a branch used, within `warnBefore`. `spec.dueAt` is the date of the policy.',
    remedy: REMEDY,
  },
  { reason: 'TaskBundleOutdated', ...CLASS, meaning: 'The same, later than that.', remedy: REMEDY },
];
