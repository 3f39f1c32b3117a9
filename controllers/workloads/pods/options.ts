import Joi from 'joi';
import { duration } from '../../states/options.ts';

/** After how long something about a Pod is wrong rather than on its way. Durations such as `5m`. */
export interface PodOptions {
  readonly restarts: number;
  readonly stableFor: string;
  readonly oomFor: string;
  readonly startFor: string;
  readonly pendingFor: string;
  readonly creatingFor: string;
  readonly terminatingFor: string;
}

export const POD_OPTIONS = {
  restarts: Joi.number()
    .integer()
    .min(1)
    .default(3)
    .description('So many restarts make a crash loop: a container that restarts once has recovered.'),
  stableFor: duration().default('10m').description('A container that runs for so long has left its crash loop.'),
  oomFor: duration()
    .default('1h')
    .description('For so long a container counts as killed for memory, if it is not again.'),
  startFor: duration().default('2m').description('How long pulling an image or starting a container may fail.'),
  pendingFor: duration().default('5m').description('How long a Pod may wait for a node, a new one for example.'),
  creatingFor: duration().default('15m').description('How long volumes, network and the pulling of images may take.'),
  terminatingFor: duration().default('10m').description('How long a Pod may stay after its time to end is over.'),
} satisfies Record<keyof PodOptions, Joi.Schema>;
