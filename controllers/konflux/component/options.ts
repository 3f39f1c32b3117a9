import Joi from 'joi';
import type { Severity } from '../../index.ts';
import { duration, severity } from '../../pipelines/option-parts.ts';

/** `with:` of faultline.yaml for `konflux/component`. */
export interface Options {
  noBuildFor: string;
  unmergedFor: string;
  severity: { onboarding: Severity; build: Severity; pullRequests: Severity };
}

export const optionsSchema = Joi.object<Options, true>({
  noBuildFor: duration()
    .default('30d')
    .description('How long a Component may be without a successful build of a branch.'),
  unmergedFor: duration()
    .default('3d')
    .description('How long the pull request that configures the builds may stay unmerged.'),
  severity: Joi.object<Options['severity'], true>({
    onboarding: severity()
      .default('major')
      .description('It cannot be built at all: it was not created, or not configured.'),
    build: severity().default('minor').description('It has not been built successfully for long.'),
    pullRequests: severity().default('minor').description('The configuration of its builds waits to be merged.'),
  })
    .default()
    .description('How bad it is.'),
}).default();
