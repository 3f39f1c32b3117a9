import {
  type DeepReadonly,
  defineController,
  type Finding,
  fields,
  multiLine,
  type ObjectLike,
  oneLine,
  parseDuration,
  parseTime,
  type Read,
  records,
  undecided,
  type Verdict,
} from '../../index.ts';
import { labelSpelling, metadataOf } from '../../pipelines/metadata.ts';
import { PIPELINES_AS_CODE, TEKTON_VERSIONS } from '../../pipelines/versions.ts';
import { MAX_DESCRIPTION, MAX_TITLE, short } from '../../pipelines/words.ts';
import { errorDetail, errorOf, reasonTextOf, type TriggerError } from './errors.ts';
import { CATALOGUE } from './findings.ts';
import { type Options, optionsSchema } from './options.ts';

/**
 * Repositories of Pipelines-as-Code (docs/controllers/tekton-repository.md): what goes wrong before there is a run, which
 * nothing but Events tells.
 *
 * Its class is `run` though a Repository does not finish: what is observed is the newest thing that happened, an error
 * or a run. So an Event that the cluster forgets after an hour takes no issue away (what is known then is older or has
 * less detail, and such looks change nothing), and the next run does.
 */
export default defineController<ObjectLike, Options>({
  apiVersion: 'controller/v1',
  documentation: {
    summary:
      'Repositories of Pipelines-as-Code: what goes wrong before there is a run (a file in .tekton/ that is not valid, webhook and app authentication), until the next run.',
    findings: CATALOGUE,
  },
  watches: {
    apiVersion: PIPELINES_AS_CODE,
    kind: 'Repository',
    fields: ['pipelinerun_status.startTime'],
  },
  reads: [
    {
      apiVersion: 'v1',
      kind: 'Event',
      labelSelector: 'pipelinesascode.tekton.dev/repository',
      fieldSelector: 'type=Warning,involvedObject.kind=Repository',
      fields: [
        'involvedObject.kind',
        'involvedObject.name',
        'type',
        'reason',
        'message',
        'series.lastObservedTime',
        'lastTimestamp',
        'eventTime',
        'firstTimestamp',
      ],
    },
    {
      apiVersion: TEKTON_VERSIONS,
      kind: 'PipelineRun',
      labelSelector: 'pipelinesascode.tekton.dev/repository',
      fields: [],
      optional: true,
    },
  ],
  options: optionsSchema,
  order: 'run',
  onDelete: 'resolve',
  observe,
});

const REPOSITORY = 'pipelinesascode.tekton.dev/repository';
const MAX_ERRORS = 10;

async function observe(repository: DeepReadonly<ObjectLike>, read: Read, options: Options): Promise<Verdict> {
  const { name, namespace } = metadataOf(repository);
  if (name === undefined || namespace === undefined) return undecided('Malformed');
  const selector = { namespace, labels: { [REPOSITORY]: labelSpelling(name) } };
  const errors = (await read.list('Event', selector)).flatMap((event) => {
    const { kind, name: about } = fields(fields(event).involvedObject);
    const error = kind === 'Repository' && about === name ? errorOf(event) : undefined;
    return error === undefined ? [] : [error];
  });
  const runs = (await read.list('PipelineRun', selector)).map((run) => parseTime(run.metadata.creationTimestamp));
  // Runs that are gone, or that may not be read, are still told by the Repository itself.
  const told = records(fields(repository).pipelinerun_status).map((run) => parseTime(run.startTime));
  const lastRun = newest([...runs, ...told]);
  const since = lastRun === undefined ? Number.NEGATIVE_INFINITY : lastRun - parseDuration(options.sameDelivery);
  const unanswered = errors.filter(({ at }) => at > since).sort(byTime);
  const last = unanswered[0];
  const at = newest([last?.at, lastRun]);
  if (at === undefined) return undecided('NothingHappened');
  const subject = { apiVersion: PIPELINES_AS_CODE, kind: 'Repository', namespace, name };
  const findings = last === undefined ? [] : [finding(name, last, unanswered, options)];
  return {
    subject,
    completedAt: new Date(at).toISOString(),
    ...(last === undefined ? {} : { observedAt: new Date(last.at).toISOString() }),
    // The Events are the detail: a look that finds fewer of them, because they expired, corrects nothing.
    detail: unanswered.length,
    findings,
  };
}

function finding(name: string, last: TriggerError, errors: readonly TriggerError[], options: Options): Finding {
  const known = reasonTextOf(last.reason);
  const detail = errorDetail(last);
  const phrase = `${known.phrase}${detail === undefined ? '' : ` (${detail})`}`;
  const what =
    known.statusOnly === true
      ? `Pipelines-as-Code on ${short(name, 63)}: ${phrase}`
      : `Pipelines-as-Code could not start a run of ${short(name, 63)}: ${phrase}`;
  return {
    key: 'trigger',
    type: 'pipeline',
    severity: known.statusOnly === true ? options.severity.status : options.severity.noRun,
    reason: last.reason,
    title: oneLine(what, MAX_TITLE),
    description: multiLine(
      errors
        .slice(0, MAX_ERRORS)
        .map(({ at, message }) => `- ${new Date(at).toISOString()}: ${short(message, 600)}`)
        .join('\n'),
      MAX_DESCRIPTION,
    ),
    remediation: { text: known.remedy },
  };
}

function newest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : known.reduce((a, b) => Math.max(a, b));
}

function byTime(a: TriggerError, b: TriggerError): number {
  return b.at - a.at || (a.name < b.name ? -1 : 1);
}
