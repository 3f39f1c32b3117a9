import Joi from 'joi';
import { duration, type FindingOptions, findingOptions } from '../../states/options.ts';
import { FINDINGS } from './catalogue.ts';

/** `with:` of faultline.yaml for `workloads/horizontalpodautoscaler`. */
export interface Options extends FindingOptions {
  readonly failingFor: string;
  readonly limitedFor: string;
}

export const optionsSchema = Joi.object<Options, true>({
  failingFor: duration()
    .default('10m')
    .description('How long metrics or the scale may be missing, as when Pods start.'),
  limitedFor: duration().default('15m').description('How long it may want more than its maximum.'),
  findings: findingOptions(FINDINGS),
}).default();
