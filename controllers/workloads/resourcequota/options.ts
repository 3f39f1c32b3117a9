import Joi from 'joi';
import { duration, type FindingOptions, findingOptions } from '../../states/options.ts';
import { FINDINGS } from './catalogue.ts';

/** `with:` of faultline.yaml for `workloads/resourcequota`. */
export interface Options extends FindingOptions {
  readonly threshold: number;
  readonly margin: number;
  readonly usedFor: string;
  readonly ignore: string[];
}

export const optionsSchema = Joi.object<Options, true>({
  threshold: Joi.number()
    .greater(0)
    .less(1)
    .default(0.9)
    .description('The part of the limit that may be used before it is near.'),
  margin: Joi.number()
    .min(0)
    .less(1)
    .default(0.05)
    .description('So far below `threshold` the use must fall before it is not near any more.'),
  usedFor: duration().default('5m').description('How long so much must be used, for Pods that come and go.'),
  ignore: Joi.array()
    .items(Joi.string().max(253))
    .default([])
    .description('Resources that are left out, such as `services.loadbalancers`. A limit of 0 is: it forbids.'),
  findings: findingOptions(FINDINGS),
}).default();
