import Joi from 'joi';
import { duration, type FindingOptions, findingOptions } from '../../states/options.ts';
import { FINDINGS } from './catalogue.ts';

/** `with:` of faultline.yaml for `workloads/namespace`. */
export interface Options extends FindingOptions {
  readonly terminatingFor: string;
}

export const optionsSchema = Joi.object<Options, true>({
  terminatingFor: duration().default('10m').description('How long a Namespace may take to go.'),
  findings: findingOptions(FINDINGS),
}).default();
