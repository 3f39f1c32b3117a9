import Joi from 'joi';
import type { Severity } from '../../index.ts';
import { branchExpiry, consoleURL, pullRequestExpiry, severity } from '../../pipelines/option-parts.ts';
import { type Override, overrides } from '../pipelinerun/options.ts';

/** `with:` of faultline.yaml for `tekton/taskrun`. */
export interface Options {
  consoleURL?: string;
  severity: { task: Severity; pullRequest: Severity };
  branchExpiry: string;
  pullRequestExpiry: string;
  overrides: Override[];
}

export const optionsSchema = Joi.object<Options, true>({
  consoleURL: consoleURL(),
  severity: Joi.object<Options['severity'], true>({
    task: severity().default('major').description('A task that is not of a pull request.'),
    pullRequest: severity().default('minor').description('A task of a pull request: it stops one change only.'),
  })
    .default()
    .description('How bad a failure is.'),
  branchExpiry: branchExpiry(),
  pullRequestExpiry: pullRequestExpiry(),
  overrides: overrides(),
}).default();
