import { type Fields, fields, text } from '../../index.ts';

/** What build-service notes in the annotation `build.appstudio.openshift.io/status`, and image-controller in its own. */
export interface BuildStatus {
  readonly state: string | undefined;
  readonly mergeURL: string | undefined;
  /** Written as `29 Feb 2026 …` or in another form of RFC 1123: what cannot be read is left out. ms since 1970. */
  readonly configuredAt: number | undefined;
  readonly errorId: number | undefined;
  readonly errorMessage: string | undefined;
}

export function buildStatus(annotation: unknown): BuildStatus {
  const status = jsonFields(annotation);
  const [pac, simple] = [fields(status.pac), fields(status.simple)];
  const failed = pac.state === 'error' || pac['error-id'] !== undefined ? pac : simple;
  const id = failed['error-id'];
  const configured = Date.parse(text(pac['configuration-time'])?.slice(0, 64) ?? '');
  return {
    state: text(pac.state),
    mergeURL: text(pac['merge-url']),
    configuredAt: Number.isNaN(configured) ? undefined : configured,
    errorId: typeof id === 'number' && Number.isSafeInteger(id) && id > 0 ? id : undefined,
    errorMessage: text(failed['error-message']) ?? text(status.message),
  };
}

/** `image.redhat.com/image`: `{"image": …, "message": "why there is none"}`. */
export function imageMessage(annotation: unknown): string | undefined {
  return text(jsonFields(annotation).message);
}

function jsonFields(annotation: unknown): Fields {
  const json = text(annotation);
  if (json === undefined || json.length > 100_000) return {};
  try {
    return fields(JSON.parse(json));
  } catch {
    return {};
  }
}

export interface ErrorText {
  readonly reason: string;
  /** Completes "The builds of payments cannot be configured: …". */
  readonly phrase: string;
  readonly remedy: string;
}

const SECRET = 'The platform team must correct the Secret pipelines-as-code-secret of the build service.';
const TOKEN =
  'Renew the token in the Secret with the git credentials of the namespace; it needs the rights to write webhooks and code.';
const ASK = 'Then ask for it again: annotate the Component with build.appstudio.openshift.io/request=configure-pac.';

/** The error ids of build-service (pkg/boerrors), as far as somebody can do something about them. */
const BY_ID: ReadonlyMap<number, ErrorText> = new Map([
  ...[50, 51].map(
    (id) =>
      [
        id,
        {
          reason: 'PipelinesAsCodeSecretInvalid',
          phrase: 'the Secret of Pipelines-as-Code is missing or wrong',
          remedy: SECRET,
        },
      ] as const,
  ),
  [
    52,
    {
      reason: 'PipelinesAsCodeRouteMissing',
      phrase: 'Pipelines-as-Code has no public address',
      remedy: 'The platform team must expose Pipelines-as-Code.',
    },
  ],
  [
    53,
    {
      reason: 'DuplicateRepository',
      phrase: 'another Repository already handles its git repository',
      remedy:
        'A git repository belongs to one Repository of Pipelines-as-Code in the cluster: remove the other one, or share its namespace.',
    },
  ],
  [
    60,
    {
      reason: 'UnknownGitProvider',
      phrase: 'its git server is not known',
      remedy: `Annotate the Component with git-provider (github, gitlab or forgejo). ${ASK}`,
    },
  ],
  [
    70,
    {
      reason: 'GitHubAppNotInstalled',
      phrase: 'the GitHub App is not installed in its repository',
      remedy: `Install the GitHub App in the repository. ${ASK}`,
    },
  ],
  ...[71, 72, 73, 77].map(
    (id) =>
      [
        id,
        {
          reason: 'GitHubAppMisconfigured',
          phrase: 'the GitHub App of the cluster is configured wrong',
          remedy: SECRET,
        },
      ] as const,
  ),
  ...[74, 90].map(
    (id) =>
      [
        id,
        { reason: 'GitTokenRejected', phrase: 'the git server does not accept the token', remedy: `${TOKEN} ${ASK}` },
      ] as const,
  ),
  ...[75, 91].map(
    (id) =>
      [
        id,
        { reason: 'GitTokenTooWeak', phrase: 'the token may not do what is needed', remedy: `${TOKEN} ${ASK}` },
      ] as const,
  ),
  [
    76,
    {
      reason: 'GitRateLimited',
      phrase: 'the git server refuses: too many requests',
      remedy: 'It is tried again by itself.',
    },
  ],
  ...[200, 202].map(
    (id) =>
      [
        id,
        {
          reason: 'ImageRepositoryMissing',
          phrase: 'its image repository is missing or wrong',
          remedy: `Correct the annotation image.redhat.com/image, or the ImageRepository. ${ASK}`,
        },
      ] as const,
  ),
  ...[201, 203].map(
    (id) =>
      [
        id,
        {
          reason: 'GitSecretMissing',
          phrase: 'the Secret with its git credentials is missing',
          remedy: `Create a Secret with the credentials of the git server in the namespace. ${ASK}`,
        },
      ] as const,
  ),
  ...[220, 300, 301, 302, 303, 400, 401].map(
    (id) =>
      [
        id,
        {
          reason: 'BuildPipelineNotFound',
          phrase: 'no build pipeline could be selected for it',
          remedy: `Name one in the annotation build.appstudio.openshift.io/pipeline. ${ASK}`,
        },
      ] as const,
  ),
]);

export const OTHER: ErrorText = {
  reason: 'BuildConfigurationFailed',
  phrase: 'an error',
  remedy: `Correct what the message says. ${ASK}`,
};

export const ERRORS: readonly ErrorText[] = [
  ...new Map([...BY_ID.values(), OTHER].map((one) => [one.reason, one])).values(),
];

/** Undefined while there is no error. */
export function buildError({ state, errorId }: BuildStatus): ErrorText | undefined {
  if (errorId !== undefined) return BY_ID.get(errorId) ?? OTHER;
  return state === 'error' ? OTHER : undefined;
}
