import type { CataloguedFinding, Severity } from '../../index.ts';
import { ERRORS } from './build-status.ts';

const SEVERITY = ['critical', 'major', 'minor', 'info'] satisfies Severity[];

export const TEXTS = {
  ComponentNotCreated: {
    key: 'created',
    meaning: 'The Component was not created, or not updated: its condition says why.',
    remedy: 'Correct what the message names in the spec of the Component.',
  },
  ImageRepositoryFailed: {
    key: 'image-repository',
    meaning: 'There is no repository to push its image to.',
    remedy: 'Correct the ImageRepository of the Component, or create it again.',
  },
  ConfigurationNotMerged: {
    key: 'pull-request-builds',
    meaning: 'The pull request that configures its builds has not been merged for `unmergedFor`, so nothing is built.',
    remedy: 'Merge the pull request that Konflux opened in the repository.',
  },
  NeverBuilt: {
    key: 'last-build',
    meaning: 'No build of a branch has ever succeeded, `noBuildFor` after the Component was created.',
    remedy: 'See the builds of the Component; push to its branch, or comment /retest on the last commit.',
  },
  NoRecentBuild: {
    key: 'last-build',
    meaning:
      'The last successful build of a branch was longer ago than `noBuildFor`: security updates do not reach what is shipped.',
    remedy: 'See the builds of the Component; push to its branch, or comment /retest on the last commit.',
  },
} as const;

export const CATALOGUE: readonly CataloguedFinding[] = [
  ...ERRORS.map(({ reason, phrase, remedy }) => ({
    reason,
    key: 'onboarding',
    type: 'build',
    severity: SEVERITY,
    meaning: `Its builds cannot be configured: ${phrase}.`,
    remedy,
  })),
  ...Object.entries(TEXTS).map(([reason, said]) => ({ reason, ...said, type: 'build', severity: SEVERITY })),
];
