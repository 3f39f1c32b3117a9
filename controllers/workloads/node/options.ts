import Joi from 'joi';
import { duration, type FindingOptions, findingOptions } from '../../states/options.ts';
import { FINDINGS } from './catalogue.ts';

/** `with:` of faultline.yaml for `workloads/node`. */
export interface Options extends FindingOptions {
  readonly notReadyFor: string;
  readonly pressureFor: string;
  readonly cordonedFor: string;
  readonly problemConditions: string[];
}

/** What node-problem-detector's own rules write. */
const PROBLEMS = [
  'KernelDeadlock',
  'ReadonlyFilesystem',
  'CorruptDockerOverlay2',
  'FrequentKubeletRestart',
  'FrequentDockerRestart',
  'FrequentContainerdRestart',
  'FrequentUnregisterNetDevice',
];

export const optionsSchema = Joi.object<Options, true>({
  notReadyFor: duration().default('3m').description('How long a node may be not ready, for a restart of it.'),
  pressureFor: duration().default('2m').description('How long a pressure or problem may last.'),
  cordonedFor: duration().default('24h').description('How long a node may be cordoned.'),
  problemConditions: Joi.array()
    .items(Joi.string().max(253))
    .default(PROBLEMS)
    .description('Conditions that are a problem when they are `True`.'),
  findings: findingOptions(FINDINGS),
}).default();
