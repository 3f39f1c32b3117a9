import Joi from 'joi';
import type { Severity } from '../../index.ts';
import { duration, severity } from '../../pipelines/option-parts.ts';

/** `with:` of faultline.yaml for `konflux/mintmaker`. */
export interface Options {
  namespace: string;
  severity: { stopped: Severity; partial: Severity; security: Severity };
  expiry: string;
}

export const optionsSchema = Joi.object<Options, true>({
  namespace: Joi.string()
    .pattern(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'a namespace name')
    .default('mintmaker')
    .description(
      'Where MintMaker runs. Runs elsewhere count for nothing, whatever their labels say: they name the namespace that gets the issue.',
    ),
  severity: Joi.object<Options['severity'], true>({
    stopped: severity().default('major').description('The Component gets no updates at all.'),
    partial: severity().default('minor').description('Some updates are missing, or wait for somebody.'),
    security: severity().default('major').description('A security update waits for somebody.'),
  })
    .default()
    .description('How bad it is.'),
  expiry: duration()
    .default('14d')
    .description('A problem resolves as Expired when MintMaker did not run for so long.'),
}).default();
