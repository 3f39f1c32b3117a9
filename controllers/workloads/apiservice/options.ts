import Joi from 'joi';
import { duration, type FindingOptions, findingOptions } from '../../states/options.ts';
import { FINDINGS } from './catalogue.ts';

/** `with:` of faultline.yaml for `workloads/apiservice`. */
export interface Options extends FindingOptions {
  readonly unavailableFor: string;
}

export const optionsSchema = Joi.object<Options, true>({
  unavailableFor: duration().default('2m').description('How long an API may be away, for a restart of its server.'),
  findings: findingOptions(FINDINGS),
}).default();
