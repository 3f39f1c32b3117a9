import Joi from 'joi';
import type { Severity } from '../../index.ts';
import { severity } from '../../pipelines/option-parts.ts';

/** `with:` of faultline.yaml for `konflux/integrationtestscenario`. */
export interface Options {
  severity: { required: Severity; optional: Severity };
}

export const optionsSchema = Joi.object<Options, true>({
  severity: Joi.object<Options['severity'], true>({
    required: severity().default('major').description('A scenario that must pass before a release.'),
    optional: severity().default('minor').description('A scenario that is labelled optional.'),
  })
    .default()
    .description('How bad it is that a scenario is not valid.'),
}).default();
