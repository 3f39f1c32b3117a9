import Joi from 'joi';
import type { Severity } from '../../index.ts';
import { branchExpiry, consoleURL, labelValue, pullRequestExpiry, severity } from '../../pipelines/option-parts.ts';

/** `with:` of faultline.yaml for `tekton/pipelinerun`. */
export interface Options {
  consoleURL?: string;
  severity: Record<SeverityOption, Severity>;
  branchExpiry: string;
  pullRequestExpiry: string;
  overrides: Override[];
}

/** What `overrides` sets for the runs that carry all of its labels. */
export interface Override {
  labels: Record<string, string>;
  severity?: Severity;
  type?: string;
  stage?: string;
  origin?: string;
}

type SeverityOption = 'build' | 'test' | 'release' | 'pipeline' | 'pullRequest' | 'optional';

/** `overrides`, of every controller of runs. */
export const overrides = (): Joi.ArraySchema<Override[]> =>
  Joi.array()
    .items(
      Joi.object<Override, true>({
        labels: Joi.object()
          .pattern(Joi.string(), Joi.string().allow(''))
          .min(1)
          .required()
          .description('Labels that a run must carry, all of them; the value * is any value.'),
        severity: severity(),
        type: Joi.string().min(1).max(63),
        stage: labelValue(),
        origin: labelValue(),
      }),
    )
    .default([])
    .description(
      'Severity, type, stage or origin of runs with certain labels. The first that matches decides, by field.',
    );

export const optionsSchema = Joi.object<Options, true>({
  consoleURL: consoleURL(),
  severity: Joi.object<Options['severity'], true>({
    build: severity().default('major').description('A build that is not of a pull request.'),
    test: severity().default('major').description('A required integration test that is not of a pull request.'),
    release: severity().default('critical').description('A release pipeline.'),
    pipeline: severity().default('major').description('Any other pipeline.'),
    pullRequest: severity().default('minor').description('Anything of a pull request: it stops one change only.'),
    optional: severity().default('minor').description('A test whose scenario is labelled optional.'),
  })
    .default()
    .description('How bad a failure is, by what failed.'),
  branchExpiry: branchExpiry(),
  pullRequestExpiry: pullRequestExpiry(),
  overrides: overrides(),
}).default();
