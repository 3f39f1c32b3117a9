import {
  count,
  type DeepReadonly,
  defineController,
  type Finding,
  fields,
  type ObjectLike,
  oneLine,
  parseDuration,
  type Read,
  records,
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
      'spec.concurrencyPolicy',
      'spec.startingDeadlineSeconds',
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
      'CronJobs whose newest finished Job failed, which missed their schedule, or whose Pods do not run. The next Job that succeeds resolves the failure; that the failed one was cleaned up does not.',
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
    ...(read.live ? missed(who, cronJob, jobs, options, timing) : []),
    ...(await podFindings(who, ofRunning, { say: FINDINGS.of, read, options, timing })),
  ];
  if (findings.length === 0 && isOutcomeGone(cronJob, jobs, timing)) return undecided('JobGone', timing.again);
  return observationOf(cronJob, findings, timing, options);
}

/** A Job ended of which nothing is left (`ttlSecondsAfterFinished`, a history of 0), and not with a success. */
function isOutcomeGone(cronJob: DeepReadonly<ObjectLike>, jobs: readonly Looked[], timing: Timing): boolean {
  if (jobs.some(({ outcome }) => outcome.state !== 'running')) return false;
  const { spec, status } = fields(cronJob);
  const scheduledAt = timing.at(fields(status).lastScheduleTime);
  const succeededAt = timing.at(fields(status).lastSuccessfulTime);
  if (scheduledAt === undefined) return false;
  if (!isActive(cronJob, jobs)) return succeededAt === undefined || succeededAt < scheduledAt;
  // What runs now is the last that was scheduled: was another one due between the last success and it?
  const schedule = parseSchedule(text(fields(spec).schedule) ?? '');
  const since = latest(succeededAt, timing.at(cronJob.metadata.creationTimestamp));
  if (schedule === undefined || since === undefined) return false;
  const due = nextTime(schedule, since, text(fields(spec).timeZone));
  return due !== undefined && due < scheduledAt;
}

function isActive(cronJob: DeepReadonly<ObjectLike>, jobs: readonly Looked[]): boolean {
  const { active } = fields(fields(cronJob).status);
  return jobs.some(({ outcome }) => outcome.state === 'running') || records(active).length > 0;
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
  jobs: readonly Looked[],
  { missedAfter }: Options,
  timing: Timing,
): Finding[] {
  const { spec, status } = fields(cronJob);
  const { schedule: written, timeZone, suspend, concurrencyPolicy, startingDeadlineSeconds } = fields(spec);
  const schedule = parseSchedule(text(written) ?? '');
  const last = latest(timing.at(cronJob.metadata.creationTimestamp), timing.at(fields(status).lastScheduleTime));
  if (schedule === undefined || suspend === true || last === undefined) return [];
  const isExclusive = concurrencyPolicy === 'Forbid';
  // As it was told to, it waits; once that Job has ended, those it held up for longer than the deadline are not started.
  if (isExclusive && isActive(cronJob, jobs)) return [];
  const free = isExclusive
    ? latest(...jobs.map(({ outcome }) => (outcome.state === 'running' ? undefined : outcome.at)))
    : undefined;
  const seconds = count(startingDeadlineSeconds);
  const deadline = seconds === undefined ? undefined : seconds * 1_000;
  const skipped = deadline === undefined || free === undefined ? undefined : free - deadline;
  const due = nextTime(schedule, latest(last, skipped) ?? last, text(timeZone));
  if (due === undefined) return [];
  // While it may still start it is not missed.
  const grace = Math.max(0, (deadline ?? 0) - parseDuration(missedAfter));
  if (!timing.lasts(Math.max(due, free ?? due) + grace, missedAfter)) return [];
  const description = `Due at ${new Date(due).toISOString()} (${String(written)}).`;
  return [FINDINGS.of('ScheduleMissed', { title: oneLine(`${who} missed its schedule`, 200), description })];
}

function belongsTo(pod: DeepReadonly<ObjectLike>, job: DeepReadonly<ObjectLike>): boolean {
  return pod.metadata.ownerReferences?.some(({ uid }) => uid === job.metadata.uid) ?? false;
}
