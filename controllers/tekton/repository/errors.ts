import { fields, parseTime, text } from '../../index.ts';
import { reasonOf } from '../../pipelines/conditions.ts';
import { causeOf } from '../pipelinerun/causes.ts';

/** What Pipelines-as-Code says in the Warning Events of a Repository. */
export interface TriggerError {
  readonly reason: string;
  readonly message: string;
  /** ms since 1970. */
  readonly at: number;
  readonly name: string;
}

export interface TriggerText {
  /** Completes "Pipelines-as-Code could not start a run of handbook: …". */
  readonly phrase: string;
  readonly remedy: string;
  /** The run itself is there; only the git server does not hear of it. */
  readonly statusOnly?: true;
}

/** One row for each reason, ours: Pipelines-as-Code gives several of them to one cause. docs/controllers shows this table. */
export const REASONS: Readonly<Record<string, TriggerText>> = {
  InvalidPipelineYaml: {
    phrase: 'a file in .tekton/ is not valid',
    remedy: 'Correct the file that the message names; `tkn pac resolve` checks it before it is pushed.',
  },
  WebhookSecretInvalid: {
    phrase: 'the webhook secret does not match',
    remedy:
      'The secret of the webhook and the Secret that the Repository names (webhook_secret) must be equal, without a line break at the end.',
  },
  GitAuthenticationFailed: {
    phrase: 'the git server does not accept its credentials',
    remedy:
      'Renew the token in the Secret of the Repository (git_provider.secret), or install the GitHub App in the repository again.',
  },
  GitSecretMissing: {
    phrase: 'the Secret with its credentials is missing',
    remedy: 'Create the Secret that the Repository names under git_provider, with the key that it names.',
  },
  GitRateLimited: {
    phrase: 'the git server refuses: too many requests',
    remedy: 'Wait until the limit of the git server is over.',
  },
  RemoteTaskNotFound: {
    phrase: 'a task or pipeline that it refers to could not be fetched',
    remedy:
      'Check the annotations pipelinesascode.tekton.dev/task and /pipeline of the run: their address and version.',
  },
  ExceededResourceQuota: {
    phrase: 'the quota of the namespace is used up',
    remedy: 'Wait until other runs finish or delete old ones, or raise the quota of the namespace.',
  },
  PipelineRunNotCreated: {
    phrase: 'the run could not be created',
    remedy: 'Tekton or an admission policy refused it: the message says why.',
  },
  CannotReportStatus: {
    phrase: 'the git server could not be told what came of a run',
    remedy: 'The token or the GitHub App needs the right to write statuses and comments.',
    statusOnly: true,
  },
  PipelinesAsCodeError: { phrase: 'an error', remedy: 'See the log of the Pipelines-as-Code controller.' },
};

/** In this order: "could not validate payload" is about the secret though it is told as a status that failed. */
const WORDINGS: readonly (readonly [RegExp, string])[] = [
  [/webhook secret|validate payload|payload signature|signature .{0,40}(match|invalid)/i, 'WebhookSecretInvalid'],
  [/exceeded quota/i, 'ExceededResourceQuota'],
  [/rate limit|\b429\b|too many requests/i, 'GitRateLimited'],
  [
    /secrets? "[^"]{1,253}" not found|cannot (find|get) (the )?(secret|key)|no (token|secret) .{0,40}(found|set)/i,
    'GitSecretMissing',
  ],
  [
    /\b401\b|\b403\b|bad credentials|unauthorized|forbidden|token .{0,60}(expired|invalid|revoked)|private key|installation .{0,80}not found|could not (get|refresh|create) .{0,40}token|authentication/i,
    'GitAuthenticationFailed',
  ],
  [
    /remote (task|pipeline)|error getting remote|hub.{0,80}not found|could not .{0,40}annotation/i,
    'RemoteTaskNotFound',
  ],
  [
    /\byaml\b|unmarshal|cannot read the PipelineRun|validation (failed|error)|unknown field|strict decoding/i,
    'InvalidPipelineYaml',
  ],
];

const BY_REASON: ReadonlyMap<string, string> = new Map([
  ['PipelineRunValidationErrors', 'InvalidPipelineYaml'],
  ['RepositoryInvalidPipelineRunTemplate', 'InvalidPipelineYaml'],
  ['FailedToResolvePipelineRunMetadata', 'InvalidPipelineYaml'],
  ['RepositoryPipelineRun', 'PipelineRunNotCreated'],
  ['RepositoryCreateStatus', 'CannotReportStatus'],
  ['RepositoryReportFinalStatus', 'CannotReportStatus'],
  ['PipelineRunCommentCreationError', 'CannotReportStatus'],
]);

const MAX_READ = 8_192;

/** The error of an Event; undefined when it is none, or has no time. */
export function errorOf(event: unknown): TriggerError | undefined {
  const { type, reason, message, metadata } = fields(event);
  const at = eventTime(event);
  const said = text(message)?.slice(0, MAX_READ) ?? '';
  if (type !== 'Warning' || at === undefined) return undefined;
  return { reason: reasonFor(text(reason), said), message: said, at, name: text(fields(metadata).name) ?? '' };
}

/** What the message says beyond the reason: which quota. */
export function errorDetail({ reason, message }: TriggerError): string | undefined {
  return causeOf(reason, message)?.words;
}

export function reasonTextOf(reason: string): TriggerText {
  return (Object.hasOwn(REASONS, reason) ? REASONS[reason] : REASONS.PipelinesAsCodeError) as TriggerText;
}

function reasonFor(reason: string | undefined, message: string): string {
  const worded = WORDINGS.find(([pattern]) => pattern.test(message))?.[1];
  const named = BY_REASON.get(reason ?? '');
  // That a status could not be written may have any of these causes, but only a run that is missing is worth its name.
  if (named === 'CannotReportStatus' && !/processing the payload|validating the commit/i.test(message)) return named;
  return worded ?? named ?? reasonOf(reason, 'PipelinesAsCodeError');
}

/** When it happened last. Pipelines-as-Code itself writes no time but the creation of the Event. */
function eventTime(event: unknown): number | undefined {
  const { metadata, series, lastTimestamp, eventTime: time, firstTimestamp } = fields(event);
  const { lastObservedTime } = fields(series);
  const { creationTimestamp } = fields(metadata);
  for (const value of [lastObservedTime, lastTimestamp, time, firstTimestamp, creationTimestamp]) {
    const found = parseTime(value);
    if (found !== undefined) return found;
  }
  return undefined;
}
