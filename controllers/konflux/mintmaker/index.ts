import {
  type DeepReadonly,
  defineController,
  type Finding,
  fields,
  identifier,
  type LogTail,
  type ObjectLike,
  type Observation,
  oneLine,
  parseTime,
  type Read,
  text,
  undecided,
  type Verdict,
} from '../../index.ts';
import { condition, runTimes } from '../../pipelines/conditions.ts';
import { expiry } from '../../pipelines/expiry.ts';
import { labelsOf } from '../../pipelines/labels.ts';
import { type Metadata, metadataOf } from '../../pipelines/metadata.ts';
import { isNamespace } from '../../pipelines/subjects.ts';
import { KONFLUX, TEKTON_VERSIONS } from '../../pipelines/versions.ts';
import { MAX_TITLE, short } from '../../pipelines/words.ts';
import { CATALOGUE, RUN_FAILED } from './findings.ts';
import { type Options, optionsSchema } from './options.ts';
import { isDone, PROBLEMS, type Problem, problemsOf } from './renovate-log.ts';

const PREFIX = 'mintmaker.appstudio.redhat.com/';
const STEP = 'step-renovate';
/** A log that cannot be had so long after the run never can: the pod is gone. */
const LOG_PATIENCE_MS = 3_600_000;
const LOG_AGAIN_MS = 30_000;
/** Renovate writes thousands of lines, and any of them may be the one that says what is wrong. */
const TAIL_LINES = 5_000;

/**
 * Runs of MintMaker, which updates the dependencies of Components with Renovate (docs/controllers/konflux-mintmaker.md).
 * They run in a namespace of the platform and end well whatever Renovate says, so that the log is all there is. The issue
 * is in the namespace of the Component and says nothing of that log but what went wrong, in our own words.
 */
export default defineController<ObjectLike, Options>({
  apiVersion: 'controller/v1',
  documentation: {
    summary:
      'MintMaker (Renovate): Components whose dependencies are not updated, because a token expired, a registry refuses access or an update conflicts. Security updates are grouped by CVE.',
    findings: CATALOGUE,
  },
  watches: {
    apiVersion: TEKTON_VERSIONS,
    kind: 'PipelineRun',
    labelSelector: `${PREFIX}component`,
    fields: ['spec.status', 'status.conditions', 'status.completionTime'],
  },
  reads: [
    { apiVersion: TEKTON_VERSIONS, kind: 'TaskRun', ownedByObject: true, fields: ['status.podName'] },
    // The subject: when it is deleted, its issues resolve as SubjectDeleted.
    { apiVersion: KONFLUX, kind: 'Component', fields: [], optional: true },
  ],
  options: optionsSchema,
  order: 'run',
  onDelete: 'keep',
  logs: true,
  crossNamespaceText: true, // our own words, the name of a host and of a branch: never a line of the log
  observe,
});

async function observe(run: DeepReadonly<ObjectLike>, read: Read, options: Options): Promise<Verdict> {
  const metadata = metadataOf(run);
  if (metadata.namespace !== options.namespace) return undecided('NotMintMaker', { final: true });
  const component = identifier(metadata.labels[`${PREFIX}component`]);
  const tenant = identifier(metadata.labels[`${PREFIX}namespace`]);
  if (component === undefined || tenant === undefined || !isNamespace(tenant))
    return undecided('Malformed', { final: true });
  const succeeded = condition(run, 'Succeeded');
  if (succeeded?.status !== 'True' && succeeded?.status !== 'False') return undecided('Running');
  const times = runTimes(run, succeeded);
  const subject = { apiVersion: KONFLUX, kind: 'Component', namespace: tenant, name: component };
  const look = {
    namespace: tenant,
    ...times,
    ...expiry('pull-request', times.completedAt ?? times.createdAt, {
      branchExpiry: options.expiry,
      pullRequestExpiry: options.expiry,
    }),
  };
  const about = (detail: number, all: Said, updates: Said): Observation[] => [
    { ...look, detail, subject: { ...subject, aspect: 'dependencies' }, ...all },
    { ...look, detail, subject: { ...subject, aspect: 'dependencies/updates' }, ...updates },
  ];
  const context = { component, metadata, options };
  if (succeeded.status === 'False') {
    const stopped = stoppedRun(run, text(succeeded.reason), text(succeeded.message));
    if (stopped === undefined) return undecided('Cancelled', { final: true });
    return about(0, { findings: [finding(stopped, context)] }, STOPPED);
  }
  const log = await renovateLog(metadata.namespace, read);
  if (log === undefined) return withoutLog(times.completedAt, read);
  const said = saidOf(log, context);
  if (said.all.noVerdict !== undefined && said.updates.noVerdict !== undefined)
    return undecided(said.all.noVerdict, { final: true });
  return about(1, said.all, said.updates);
}

/** What a look says of one subject. */
type Said = Pick<Observation, 'findings' | 'noVerdict'>;

const CUT: Said = { noVerdict: 'LogCut', findings: [] };
/** Who was stopped has tried no update. */
const STOPPED: Said = { noVerdict: 'RunStopped', findings: [] };

/** What a log says of the run, and of single updates. What went wrong may stand before what was read: a cut log heals little. */
function saidOf({ lines, cut }: LogTail, context: Context): { readonly all: Said; readonly updates: Said } {
  const problems = problemsOf(lines);
  const those = (stop: boolean): Said => {
    const some = problems.filter(({ reason }) => PROBLEMS[reason].stops === stop);
    // Two reasons may be one thing to repair: the token.
    const findings = new Map(some.map((problem) => finding(problem, context)).map((one) => [one.key, one]));
    return { findings: [...findings.values()].slice(0, MAX_FINDINGS) };
  };
  const [stops, partial] = [those(true), those(false)];
  const isUnknown = (found: Said): boolean => cut && found.findings.length === 0;
  if (stops.findings.length > 0) return { all: stops, updates: partial.findings.length > 0 ? partial : STOPPED };
  return {
    all: isUnknown(stops) && !isDone(lines) ? CUT : stops,
    updates: isUnknown(partial) ? CUT : partial,
  };
}

const MAX_FINDINGS = 100;

type Failed = Problem | { readonly reason: 'DependencyRunFailed' };

/**
 * A run that did not come to its end. MintMaker cancels one that it can get no token for, and says so in the message;
 * a run that somebody else cancelled says nothing.
 */
function stoppedRun(run: unknown, reason: string | undefined, message: string | undefined): Failed | undefined {
  const said = message?.slice(0, 8_192) ?? '';
  if (/token|installation|credential|\b401\b|unauthorized|private key/i.test(said))
    return { reason: 'TokenExpired', what: undefined, vulnerability: undefined };
  const wanted = text(fields(fields(run).spec).status) ?? '';
  return /^Cancelled|^Stopped/.test(reason ?? wanted) ? undefined : { reason: 'DependencyRunFailed' };
}

async function renovateLog(namespace: string, read: Read): Promise<LogTail | undefined> {
  for (const taskRun of await read.owned('TaskRun')) {
    const pod = identifier(fields(fields(taskRun).status).podName);
    const log = pod === undefined ? undefined : await read.logs(namespace, pod, STEP, { tailLines: TAIL_LINES });
    if (log !== undefined) return log;
  }
  return undefined;
}

/** Green says nothing without its log. It may come: the TaskRuns are another watch, and a first list reads no logs. */
function withoutLog(completedAt: string | undefined, read: Read): Verdict {
  const age = read.now().getTime() - (parseTime(completedAt) ?? 0);
  return age < LOG_PATIENCE_MS
    ? undecided('AwaitingLog', { again: LOG_AGAIN_MS })
    : undecided('LogGone', { final: true });
}

interface Context {
  readonly component: string;
  readonly metadata: Metadata;
  readonly options: Options;
}

function finding(problem: Failed, { component, metadata, options }: Context): Finding {
  const said = problem.reason === 'DependencyRunFailed' ? { ...RUN_FAILED, stops: true } : PROBLEMS[problem.reason];
  const { what, vulnerability } = 'what' in problem ? problem : { what: undefined, vulnerability: undefined };
  const { severity } = options;
  const plain = said.stops ? severity.stopped : severity.partial;
  const about = [what, vulnerability].filter((one) => one !== undefined).map((one) => short(one, 100));
  return {
    key: (what === undefined ? said.key : said.key.replace(/<\w+>/, short(what, 200))).slice(0, 253),
    type: 'dependency',
    severity: vulnerability === undefined ? plain : severity.security,
    reason: problem.reason,
    title: oneLine(
      `Dependency updates of ${short(component, 63)}: ${said.phrase}${about.length === 0 ? '' : ` (${about.join(', ')})`}`,
      MAX_TITLE,
    ),
    labels: labelsOf(metadata, {
      component,
      application: text(metadata.labels[`${PREFIX}application`]),
      origin: 'mintmaker',
    }),
    ...(vulnerability === undefined ? {} : { group: vulnerability }),
    remediation: { text: said.remedy },
  };
}
