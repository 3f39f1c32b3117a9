import Joi from 'joi';
import { type FindingOptions, findingOptions } from '../../states/options.ts';
import { POD_OPTIONS, type PodOptions } from '../pods/options.ts';
import { FINDINGS } from './catalogue.ts';

/** `with:` of faultline.yaml for `workloads/pod`. */
export interface Options extends PodOptions, FindingOptions {}

export const optionsSchema = Joi.object<Options, true>({
  ...POD_OPTIONS,
  findings: findingOptions(FINDINGS),
}).default();
