import Joi from 'joi';
import { duration, type FindingOptions, findingOptions } from '../../states/options.ts';
import { FINDINGS } from './catalogue.ts';

/** `with:` of faultline.yaml for `workloads/persistentvolumeclaim`. */
export interface Options extends FindingOptions {
  readonly pendingFor: string;
}

export const optionsSchema = Joi.object<Options, true>({
  pendingFor: duration().default('5m').description('How long a claim may wait for its volume.'),
  findings: findingOptions(FINDINGS),
}).default();
