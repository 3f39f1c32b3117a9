import Joi from 'joi';
import type { Severity } from '../../index.ts';
import { consoleURL, duration, severity } from '../../pipelines/option-parts.ts';

/** `with:` of faultline.yaml for `tekton/stuck`. */
export interface Options {
  pendingAfter: string;
  runningAfter: string;
  timeoutGrace: string;
  severity: { run: Severity; pullRequest: Severity };
  consoleURL?: string;
}

export const optionsSchema = Joi.object<Options, true>({
  pendingAfter: duration().default('15m').description('How long a run, or a task of it, may wait before it starts.'),
  runningAfter: duration()
    .default('6h')
    .description('How long a run may run. A longer timeout of its own (spec.timeouts.pipeline) counts instead.'),
  timeoutGrace: duration()
    .default('10m')
    .description('How long Tekton may take to end a run whose own timeout is over.'),
  severity: Joi.object<Options['severity'], true>({
    run: severity().default('major').description('A run that is not of a pull request.'),
    pullRequest: severity().default('minor').description('A run of a pull request: it stops one change only.'),
  })
    .default()
    .description('How bad it is that a run is stuck.'),
  consoleURL: consoleURL(),
}).default();
