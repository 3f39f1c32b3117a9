import Joi from 'joi';
import type { Severity } from '../../index.ts';
import { severity, urlTemplate } from '../../pipelines/option-parts.ts';

/** `with:` of faultline.yaml for `konflux/release`. */
export interface Options {
  severity: Severity;
  consoleURL?: string;
}

export const optionsSchema = Joi.object<Options, true>({
  severity: severity().default('critical').description('A release that failed.'),
  consoleURL: urlTemplate().description(
    'Link to the Release in a web console; {namespace}, {name}, {application} and {component} are filled in.',
  ),
}).default();
