import Joi from 'joi';
import type { Severity } from '../../index.ts';
import { duration, severity } from '../../pipelines/option-parts.ts';

/** `with:` of faultline.yaml for `tekton/repository`. */
export interface Options {
  severity: { noRun: Severity; status: Severity };
  sameDelivery: string;
}

export const optionsSchema = Joi.object<Options, true>({
  severity: Joi.object<Options['severity'], true>({
    noRun: severity().default('major').description('Pipelines-as-Code could not start a run.'),
    status: severity().default('minor').description('Only the git server could not be told what came of a run.'),
  })
    .default()
    .description('How bad it is.'),
  sameDelivery: duration()
    .default('1m')
    .description(
      'A run that begins so soon after an error may be of the same webhook: of two files in .tekton/ one was wrong. It heals nothing.',
    ),
}).default();
