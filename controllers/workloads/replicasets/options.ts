import Joi from 'joi';
import { duration, type FindingOptions, findingOptions } from '../../states/options.ts';
import { POD_OPTIONS, type PodOptions } from '../pods/options.ts';
import { FINDINGS } from './catalogue.ts';

/** `with:` of faultline.yaml for `workloads/replicaset` and `workloads/replicationcontroller`. */
export interface Options extends PodOptions, FindingOptions {
  readonly unavailableFor: string;
  readonly createFor: string;
}

export const optionsSchema = Joi.object<Options, true>({
  unavailableFor: duration().default('5m').description('How long Pods may be missing or not ready.'),
  createFor: duration().default('2m').description('How long the creation of Pods may be refused.'),
  ...POD_OPTIONS,
  findings: findingOptions(FINDINGS),
}).default();
