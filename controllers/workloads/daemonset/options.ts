import Joi from 'joi';
import { duration, type FindingOptions, findingOptions } from '../../states/options.ts';
import { POD_OPTIONS, type PodOptions } from '../pods/options.ts';
import { FINDINGS } from './catalogue.ts';

/** `with:` of faultline.yaml for `workloads/daemonset`. */
export interface Options extends PodOptions, FindingOptions {
  readonly unavailableFor: string;
}

export const optionsSchema = Joi.object<Options, true>({
  unavailableFor: duration().default('5m').description('How long Pods may be missing or not ready.'),
  ...POD_OPTIONS,
  findings: findingOptions(FINDINGS),
}).default();
