import {
  type DeepReadonly,
  defineController,
  type Finding,
  fields,
  type ObjectLike,
  oneLine,
  type Read,
  text,
  undecided,
  type Verdict,
} from '../../index.ts';
import { whyOf } from '../../states/conditions.ts';
import { observationOf } from '../../states/observation.ts';
import { latest, Timing } from '../../states/timing.ts';
import { phraseOf } from '../jobs/catalogue.ts';
import { type JobOutcome, jobEvidence, outcomeOf } from '../jobs/outcome.ts';
import { POD_FIELDS } from '../pods/fields.ts';
import { podFindings } from '../pods/findings.ts';
import { FINDINGS } from './catalogue.ts';
import { type Options, optionsSchema } from './options.ts';
import { nextTime, parseSchedule } from './schedule.ts';

/** CronJobs, with their Jobs (docs/controllers/workloads-cronjob.md). */
export default defineController<ObjectLike, Options>({
  apiVersion: 'controller/v1',
  watches: {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    fields: [
      'spec.schedule',
      'spec.timeZone',
      'spec.suspend',
      'status.active.name',
      'status.lastScheduleTime',
      'status.lastSuccessfulTime',
    ],
  },
  reads: [
    // All Jobs and Pods: the other workload controllers watch and read the same ones.
    {
      apiVersion: 'batch/v1',
      kind: 'Job',
      fields: ['status.conditions.reason', 'status.conditions.message'],
    },
    { apiVersion: 'v1', kind: 'Pod', fields: POD_FIELDS },
  ],
  options: optionsSchema,
  order: 'state',
  onDelete: 'resolve',
  logs: true,
  documentation: {
    summary:
      'CronJobs whose newest finished Job failed, which missed their schedule, or whose Pods do not run. The next Job that succeeds resolves the failure.',
    findings: FINDINGS.catalogue,
  },
  observe,
});

async function observe(cronJob: DeepReadonly<ObjectLike>, read: Read, options: Options): Promise<Verdict> {
  if (cronJob.metadata.deletionTimestamp !== undefined) return undecided('Terminating');
  const timing = new Timing(read);
  const jobs = (await read.owned<ObjectLike>('Job')).map((job) => ({ job, outcome: outcomeOf(job, timing) }));
  const running = jobs.filter(({ outcome }) => outcome.state === 'running');
  const pods = await read.owned<ObjectLike>('Pod');
  const who = `CronJob ${cronJob.metadata.name}`;
  const ofRunning = pods.filter((pod) => running.some(({ job }) => belongsTo(pod, job)));
  const findings = [
    ...(await failure(who, cronJob, jobs, { pods, read, timing })),
    // When something was recorded nobody knows: every recorded CronJob would be late by now.
    ...(read.live ? missed(who, cronJob, running.length > 0, options, timing) : []),
    ...(await podFindings(who, ofRunning, { say: FINDINGS.of, read, options, timing })),
  ];
  return observationOf(cronJob, findings, timing, options);
}

interface Looked {
  readonly job: DeepReadonly<ObjectLike>;
  readonly outcome: JobOutcome;
}

/** The newest finished Job decides, unless the CronJob remembers a success after it. */
async function failure(
  who: string,
  cronJob: DeepReadonly<ObjectLike>,
  jobs: readonly Looked[],
  { pods, read, timing }: { pods: readonly DeepReadonly<ObjectLike>[]; read: Read; timing: Timing },
): Promise<Finding[]> {
  const finished = jobs.flatMap(({ job, outcome }) => (outcome.state === 'running' ? [] : [{ job, outcome }]));
  const newest = finished.toSorted(
    (a, b) => (b.outcome.at ?? 0) - (a.outcome.at ?? 0) || (a.job.metadata.name < b.job.metadata.name ? 1 : -1),
  )[0];
  if (newest?.outcome.state !== 'failed') return [];
  const succeededAt = timing.at(fields(fields(cronJob).status).lastSuccessfulTime);
  const { reason, condition, at } = newest.outcome;
  if (succeededAt !== undefined && at !== undefined && succeededAt > at) return [];
  const ofJob = pods.filter((pod) => belongsTo(pod, newest.job));
  return [
    FINDINGS.of(reason, {
      title: oneLine(`The last Job of ${who} ${phraseOf(reason)}`, 200),
      description: [whyOf(condition), `Job: ${newest.job.metadata.name}`].filter(Boolean).join('\n\n'),
      evidence: await jobEvidence(condition, ofJob, read, timing),
    }),
  ];
}

function missed(
  who: string,
  cronJob: DeepReadonly<ObjectLike>,
  isRunning: boolean,
  { missedAfter }: Options,
  timing: Timing,
): Finding[] {
  const { spec, status } = fields(cronJob);
  const { schedule: written, timeZone, suspend } = fields(spec);
  const schedule = parseSchedule(text(written) ?? '');
  const last = latest(timing.at(cronJob.metadata.creationTimestamp), timing.at(fields(status).lastScheduleTime));
  if (schedule === undefined || suspend === true || last === undefined) return [];
  const due = nextTime(schedule, last, text(timeZone));
  if (due === undefined || !timing.lasts(due, missedAfter)) return [];
  const why = isRunning ? 'A Job of it still runs, which may hold the next one up.' : '';
  const description = [`Due at ${new Date(due).toISOString()} (${String(written)}).`, why].filter(Boolean).join(' ');
  return [FINDINGS.of('ScheduleMissed', { title: oneLine(`${who} missed its schedule`, 200), description })];
}

function belongsTo(pod: DeepReadonly<ObjectLike>, job: DeepReadonly<ObjectLike>): boolean {
  return pod.metadata.ownerReferences?.some(({ uid }) => uid === job.metadata.uid) ?? false;
}
