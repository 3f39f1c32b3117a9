import Joi from 'joi';
import { duration, type FindingOptions, findingOptions } from '../../states/options.ts';
import { FINDINGS } from './catalogue.ts';

/** `with:` of faultline.yaml for both kinds of webhook configurations. */
export interface Options extends FindingOptions {
  readonly missingFor: string;
}

export const optionsSchema = Joi.object<Options, true>({
  missingFor: duration()
    .default('2m')
    .description('How long a Service may be missing or without ready endpoints, for a restart of its Pods.'),
  findings: findingOptions(FINDINGS),
}).default();
