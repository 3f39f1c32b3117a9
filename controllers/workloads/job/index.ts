import {
  type DeepReadonly,
  defineController,
  type ObjectLike,
  oneLine,
  type Read,
  undecided,
  type Verdict,
} from '../../index.ts';
import { whyOf } from '../../states/conditions.ts';
import { controllerOf } from '../../states/metadata.ts';
import { observationOf } from '../../states/observation.ts';
import { Timing } from '../../states/timing.ts';
import { phraseOf } from '../jobs/catalogue.ts';
import { jobEvidence, outcomeOf } from '../jobs/outcome.ts';
import { POD_FIELDS } from '../pods/fields.ts';
import { podFindings } from '../pods/findings.ts';
import { FINDINGS } from './catalogue.ts';
import { type Options, optionsSchema } from './options.ts';

/** Jobs that no CronJob made (docs/controllers/workloads-job.md). */
export default defineController<ObjectLike, Options>({
  apiVersion: 'controller/v1',
  watches: { apiVersion: 'batch/v1', kind: 'Job', fields: ['status.conditions.reason', 'status.conditions.message'] },
  reads: [{ apiVersion: 'v1', kind: 'Pod', fields: POD_FIELDS }],
  options: optionsSchema,
  order: 'state',
  onDelete: 'resolve',
  logs: true,
  documentation: {
    summary:
      'Jobs that failed, or whose Pods do not run. The Jobs of a CronJob are findings of that CronJob. Deleting a failed Job (its `ttlSecondsAfterFinished`, too) resolves its issue.',
    findings: FINDINGS.catalogue,
  },
  observe,
});

async function observe(job: DeepReadonly<ObjectLike>, read: Read, options: Options): Promise<Verdict> {
  if (controllerOf(job)?.kind === 'CronJob') return undecided('PartOfCronJob', { final: true });
  if (job.metadata.deletionTimestamp !== undefined) return undecided('Terminating');
  const timing = new Timing(read);
  const outcome = outcomeOf(job, timing);
  if (outcome.state === 'complete') return observationOf(job, [], timing, options);
  const pods = await read.owned<ObjectLike>('Pod');
  const who = `Job ${job.metadata.name}`;
  if (outcome.state === 'running') {
    const findings = await podFindings(who, pods, { say: FINDINGS.of, read, options, timing });
    return observationOf(job, findings, timing, options);
  }
  const failed = FINDINGS.of(outcome.reason, {
    title: oneLine(`${who} ${phraseOf(outcome.reason)}`, 200),
    description: whyOf(outcome.condition) ?? '',
    evidence: await jobEvidence(outcome.condition, pods, read, timing),
  });
  return observationOf(job, [failed], timing, options);
}
