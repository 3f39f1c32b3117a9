import Joi from 'joi';
import { duration, type FindingOptions, findingOptions } from '../../states/options.ts';
import { FINDINGS } from './catalogue.ts';

/** `with:` of faultline.yaml for `workloads/certificate`. */
export interface Options extends FindingOptions {
  readonly expiresWithin: string;
}

export const optionsSchema = Joi.object<Options, true>({
  expiresWithin: duration().default('14d').description('How long before its end a certificate is reported.'),
  findings: findingOptions(FINDINGS),
}).default();
