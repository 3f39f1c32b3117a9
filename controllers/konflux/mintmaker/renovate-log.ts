import { fields, text } from '../../index.ts';

/** What goes wrong in a run of Renovate, from the end of its log: JSON, one line a message (LOG_FORMAT=json). */
export interface Problem {
  readonly reason: ProblemReason;
  /** A host or a branch; undefined when it concerns all updates. */
  readonly what: string | undefined;
  /** `CVE-2026-1234`, when the message or its branch names one. */
  readonly vulnerability: string | undefined;
}

export type ProblemReason =
  | 'TokenExpired'
  | 'RepositoryForbidden'
  | 'GitRateLimited'
  | 'ConfigurationInvalid'
  | 'RegistryAuthenticationFailed'
  | 'UpdateConflict'
  | 'UpdateFailed'
  | 'PullRequestLimitReached';

export interface ProblemText {
  readonly key: string;
  /** Completes "Dependency updates of payments: …". */
  readonly phrase: string;
  readonly remedy: string;
  /** Nothing is updated at all. */
  readonly stops: boolean;
}

export const PROBLEMS: Readonly<Record<ProblemReason, ProblemText>> = {
  TokenExpired: {
    key: 'token',
    phrase: 'the git server does not accept the token',
    remedy:
      'Renew the token in the Secret with the git credentials of the namespace, or install the GitHub App of Konflux in the repository.',
    stops: true,
  },
  RepositoryForbidden: {
    key: 'token',
    phrase: 'the token may not use the repository',
    remedy:
      'Give the token, or the GitHub App of Konflux, the rights to read the repository and to write branches and pull requests.',
    stops: true,
  },
  GitRateLimited: {
    key: 'rate-limit',
    phrase: 'the git server refuses: too many requests',
    remedy: 'The next run tries again by itself.',
    stops: true,
  },
  ConfigurationInvalid: {
    key: 'configuration',
    phrase: 'the Renovate configuration of the repository is not valid',
    remedy:
      'Correct renovate.json (or .github/renovate.json): npx --package renovate renovate-config-validator tells what is wrong.',
    stops: true,
  },
  RegistryAuthenticationFailed: {
    key: 'registry/<host>',
    phrase: 'a registry refuses access',
    remedy:
      'Link a pull secret for the registry to the ServiceAccount build-pipeline-<component>, or renew the one that is there.',
    stops: false,
  },
  UpdateConflict: {
    key: 'conflict/<branch>',
    phrase: 'an update conflicts with its branch and was edited by somebody',
    remedy: 'Resolve the conflict in the pull request, or close it: Renovate then makes it again.',
    stops: false,
  },
  UpdateFailed: {
    key: 'update/<branch>',
    phrase: 'an update could not be made',
    remedy: 'See the log of the run: a command that updates a lock file failed, or a package could not be read.',
    stops: false,
  },
  PullRequestLimitReached: {
    key: 'pull-request-limit',
    phrase: 'no more pull requests are opened before some are merged or closed',
    remedy: 'Merge or close open pull requests of MintMaker, or raise prConcurrentLimit.',
    stops: false,
  },
};

const VULNERABILITY = /\b(CVE-\d{4}-\d{4,7}|GHSA(?:-[23456789cfghjmpqrvwx]{4}){3})\b/i;

/** Every problem once, in the order in which they came. */
export function problemsOf(lines: readonly string[]): readonly Problem[] {
  const found = new Map<string, Problem>();
  const vulnerabilities = new Map<string, string>();
  for (const line of lines) {
    const entry = parse(line);
    if (entry === undefined) continue;
    const branch = text(entry.branch)?.slice(0, 200);
    const vulnerability = VULNERABILITY.exec(line.slice(0, MAX_LINE))?.[1]?.toUpperCase();
    if (branch !== undefined && vulnerability !== undefined) vulnerabilities.set(branch, vulnerability);
    const problem = problemOf(entry, branch, line);
    if (problem !== undefined) found.set(`${problem.reason} ${problem.what ?? ''}`, { ...problem, vulnerability });
  }
  return [...found.values()].map((problem) => ({
    ...problem,
    vulnerability: problem.vulnerability ?? vulnerabilities.get(problem.what ?? ''),
  }));
}

/** Renovate came to its end and nothing stopped it: its last words. */
export function isDone(lines: readonly string[]): boolean {
  return lines.slice(-LAST_WORDS).some((line) => {
    const { msg, result } = parse(line) ?? {};
    return msg === 'Repository finished' && result === 'done';
  });
}

const LAST_WORDS = 20;
const MAX_LINE = 65_536;

type Entry = Readonly<Record<string, unknown>>;

function parse(line: string): Entry | undefined {
  // `kubectl logs --timestamps` and the like write before it.
  const json = line.slice(line.indexOf('{'));
  if (!json.startsWith('{') || json.length > MAX_LINE) return undefined;
  try {
    return fields(JSON.parse(json));
  } catch {
    return undefined;
  }
}

/** The wording of Renovate (lib/workers/repository, lib/constants/error-messages) and of what it asks. */
function problemOf(entry: Entry, branch: string | undefined, line: string): Omit<Problem, 'vulnerability'> | undefined {
  const said = text(entry.msg) ?? '';
  const errors = fields(entry.err);
  const cause = `${said} ${text(errors.message) ?? ''} ${text(entry.error) ?? ''}`.slice(0, 8_192);
  const of = (reason: ProblemReason, what?: string) => ({ reason, what });
  if (
    /bad-credentials|authentication-error|Authentication failure|integration-unauthorized|Bad credentials/i.test(cause)
  )
    return of('TokenExpired');
  if (/^(Repository is )?forbidden\b|Resource not accessible by integration|repository access forbidden/i.test(cause))
    return of('RepositoryForbidden');
  if (/rate-limit-exceeded|rate limit exceeded/i.test(cause)) return of('GitRateLimited');
  if (/Found renovate config errors|config-validation|Repository has invalid config/i.test(cause))
    return of('ConfigurationInvalid');
  const host = refusedHost(cause, line);
  if (host !== undefined) return of('RegistryAuthenticationFailed', host);
  if (
    /Branch is not mergeable but can't be rebased|PR is conflicted and (edited|modified)|conflict.{0,60}(edited|modified)/i.test(
      said,
    )
  )
    return of('UpdateConflict', branch ?? 'unknown');
  if (/Error updating branch|rawExec err|Platform-native commit: unknown error|lockfile-error/i.test(cause))
    return of('UpdateFailed', branch ?? 'unknown');
  return /PR limit reached|Reached PR limit/i.test(said) ? of('PullRequestLimitReached') : undefined;
}

/** The host of a registry that answered 401 or 403: it is in the message, or in the URL of the request. */
function refusedHost(cause: string, line: string): string | undefined {
  if (!/\b(401|403)\b|unauthorized|\bdenied\b|no-credentials|not authorized/i.test(cause)) return undefined;
  if (!/registry|docker|image|lookup|look up|datasource|manifest/i.test(line.slice(0, 8_192))) return undefined;
  const url = /https?:\/\/([-a-z0-9.]{1,253}(?::\d{1,5})?)/i.exec(line.slice(0, 8_192))?.[1];
  const named = /\b((?:[-a-z0-9]{1,63}\.)+[a-z]{2,24})(?::\d{1,5})?\//i.exec(cause)?.[1];
  return (url ?? named)?.toLowerCase();
}
