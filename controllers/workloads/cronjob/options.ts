import Joi from 'joi';
import { duration, type FindingOptions, findingOptions } from '../../states/options.ts';
import { POD_OPTIONS, type PodOptions } from '../pods/options.ts';
import { FINDINGS } from './catalogue.ts';

/** `with:` of faultline.yaml for `workloads/cronjob`. */
export interface Options extends PodOptions, FindingOptions {
  readonly missedAfter: string;
}

export const optionsSchema = Joi.object<Options, true>({
  missedAfter: duration().default('15m').description('How late a Job may start.'),
  ...POD_OPTIONS,
  findings: findingOptions(FINDINGS),
}).default();
