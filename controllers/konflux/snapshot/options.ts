import Joi from 'joi';
import type { Severity } from '../../index.ts';
import { branchExpiry, pullRequestExpiry, severity } from '../../pipelines/option-parts.ts';

/** `with:` of faultline.yaml for `konflux/snapshot`. */
export interface Options {
  testFailures: boolean;
  severity: { test: Severity; pullRequest: Severity; optional: Severity };
  branchExpiry: string;
  pullRequestExpiry: string;
}

export const optionsSchema = Joi.object<Options, true>({
  testFailures: Joi.boolean()
    .default(false)
    .description(
      'Report tests that ran and failed too. Off, because tekton/pipelinerun reports them with their logs; turn it on where that controller may not read the runs.',
    ),
  severity: Joi.object<Options['severity'], true>({
    test: severity().default('major').description('A required test of a branch, or the Snapshot of a branch itself.'),
    pullRequest: severity().default('minor').description('Anything of a pull request: it stops one change only.'),
    optional: severity().default('minor').description('A test whose scenario is optional.'),
  })
    .default()
    .description('How bad it is.'),
  branchExpiry: branchExpiry(),
  pullRequestExpiry: pullRequestExpiry(),
}).default();
