import { text } from '../../index.ts';
import { short } from '../../pipelines/words.ts';

/**
 * What a message says beyond its reason: why a reference could not be fetched (the wording of Tekton's resolvers and of
 * what they ask: registries, git servers, the API server) and which quota is used up. One row for each known wording.
 */
export interface Cause {
  /** Completes "the pipeline could not be fetched (…)". */
  readonly words: string;
  readonly remedy: string | undefined;
}

const FETCHED: ReadonlySet<string> = new Set([
  'CouldntGetPipeline',
  'CouldntGetTask',
  'TaskRunResolutionFailed',
  'ResolvingPipelineRef',
  'ResolvingTaskRef',
  'ResolvingStepActionRef',
]);

interface Wording {
  readonly pattern: RegExp;
  readonly words: (match: RegExpExecArray) => string;
  readonly remedy: string;
}

const say = (pattern: RegExp, words: string, remedy: string): Wording => ({ pattern, words: () => words, remedy });

const ACCESS =
  'Give the service account or the resolver a credential that may read it: an expired token or a missing pull secret are the usual causes.';
const LATER = 'Run it again later; a mirror or a credential with a higher limit helps for good.';
const SERVER = 'Check the address and whether the server can be reached from the cluster.';
const REVISION = 'Correct the branch, tag or commit in the reference.';

const FETCH_WORDINGS: readonly Wording[] = [
  {
    pattern: /could not find object in image with kind: (\w{1,63}) and name: ([-.\w]{1,253})/,
    words: ([, kind, name]) => `the bundle has no ${kind} ${name}`,
    remedy: 'Correct the name, or use a bundle that contains it.',
  },
  {
    pattern: /(pipelines|tasks|clustertasks|stepactions)\.tekton\.dev "([-.\w]{1,253})" not found/,
    words: ([, kinds, name]) => `the cluster has no ${kinds?.replace(/s$/, '')} ${name}`,
    remedy: 'Create it in the namespace, or correct the name.',
  },
  say(/\b429\b|toomanyrequests|too many requests|rate limit/i, 'the server refuses: too many requests', LATER),
  say(
    /\b401\b|\b403\b|unauthorized|\bdenied\b|forbidden|authentication (required|failed)|invalid credentials/i,
    'access was refused',
    ACCESS,
  ),
  say(
    /manifest[_ ]unknown|name[_ ]unknown|manifest for .{1,500} not found/i,
    'the bundle does not exist',
    'Correct the bundle reference: its repository, tag or digest is not in the registry.',
  ),
  say(
    /couldn't find remote ref|reference not found|revision .{0,300}not found|unknown revision/i,
    'there is no such branch or revision',
    REVISION,
  ),
  say(
    /file does not exist|no such file|path .{0,300}not found|error opening file/i,
    'the repository has no such file',
    'Correct the path in the reference.',
  ),
  say(
    /repository .{0,300}not found|not found on .{0,30}hub|\b404\b/i,
    'it does not exist',
    'Correct the address in the reference, or give access to it: servers answer "not found" for what may not be read.',
  ),
  say(
    /x509:|certificate/i,
    'the certificate of the server is not trusted',
    'Add the authority of the server to the resolver.',
  ),
  say(
    /no such host|connection refused|i\/o timeout|network is unreachable|connection reset/i,
    'the server could not be reached',
    SERVER,
  ),
  say(/took longer than|deadline exceeded|timed out|timeout/i, 'it took too long', SERVER),
];

const MAX_READ = 4_096;

/** Undefined when the message adds nothing that is understood. */
export function causeOf(reason: string, message: string | undefined): Cause | undefined {
  const said = text(message)?.slice(0, MAX_READ);
  if (said === undefined) return undefined;
  if (reason === 'ExceededResourceQuota') return quotaOf(said);
  if (!FETCHED.has(reason)) return undefined;
  for (const { pattern, words, remedy } of FETCH_WORDINGS) {
    const match = pattern.exec(said);
    if (match !== null) return { words: short(words(match), 120), remedy };
  }
  return undefined;
}

/** `exceeded quota: compute, requested: limits.memory=8Gi, used: …, limited: …` of the API server's admission. */
function quotaOf(message: string): Cause | undefined {
  const name = /exceeded quota: ([-.a-z0-9]{1,253})/.exec(message)?.[1];
  if (name === undefined) return undefined;
  const requested = /requested: ([^:]{1,500}?)(?:, used:|$)/.exec(message)?.[1] ?? '';
  const resources = requested
    .split(',')
    .map((one) => one.split('=', 1)[0]?.trim() ?? '')
    .filter((one) => one !== '');
  const what = resources.length === 0 ? name : `${name}: ${resources.join(', ')}`;
  return { words: short(what, 120), remedy: undefined };
}
