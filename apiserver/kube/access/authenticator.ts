import type { IncomingMessage } from 'node:http';
import type { CurrentAuthenticationConfig } from './authentication-config.ts';
import type { CredentialAuthenticator, CredentialResult } from './credentials.ts';
import { removeTokenProtocols } from './presented-token.ts';
import { ANONYMOUS, AUTHENTICATED, type Authentication, type Authenticator, type UserInfo } from './types.ts';

export interface AuthenticatorOptions {
  /** Asked in this order; the first that knows the user decides (A7: front proxy, certificate, token). */
  readonly credentials: readonly CredentialAuthenticator[];
  /** Names further headers that carry identities; those of the default configuration are always removed (A5). */
  readonly config?: CurrentAuthenticationConfig;
  /**
   * Told why a credential was refused or could not be checked: the caller is told no more than 401 or 503, so an
   * aggregator with a wrong common name would be a riddle (P17). Holds no token. May come with every request.
   */
  readonly onFault?: (why: string) => void;
}

/** Joins the ways to authenticate into one, as the filter chain and the upgrade handler ask for it. */
export function createAuthenticator({ credentials, config, onFault }: AuthenticatorOptions): Authenticator {
  const answered = new WeakMap<IncomingMessage, Authentication | Promise<Authentication>>();
  const enriched = new WeakMap<UserInfo, UserInfo>();

  function enrich(user: UserInfo): UserInfo {
    let result = enriched.get(user);
    if (result === undefined) {
      result = withAuthenticated(user);
      enriched.set(user, result);
    }
    return result;
  }

  function conclude(request: IncomingMessage, results: readonly CredentialResult[]): Authentication {
    const impersonates = namesOf(request).some((name) => name.startsWith('impersonate-'));
    removeCredentials(request, config?.()?.requestHeader);
    removeTokenProtocols(request);
    const known = results.find((result) => result.kind === 'user');
    const authentication = known ? ({ outcome: 'user', user: enrich(known.user) } as const) : withoutUser(results);
    if (!known) for (const result of results) tell(result);
    if (!impersonates || authentication.outcome !== 'user') return authentication;
    const message = 'impersonation is not possible here: ask through the Kubernetes API server';
    return { outcome: 'refused', user: authentication.user, message };
  }

  function tell(result: CredentialResult): void {
    if (result.kind === 'invalid') onFault?.(result.message);
    if (result.kind === 'unavailable') onFault?.(result.why ?? result.message);
  }

  function authenticate(request: IncomingMessage): Authentication | Promise<Authentication> {
    const results: CredentialResult[] = [];
    for (const [index, credential] of credentials.entries()) {
      const result = credential.check(request);
      if (result instanceof Promise) return authenticateSlowly(request, results, result, credentials.slice(index + 1));
      results.push(result);
      if (result.kind === 'user') break;
    }
    return conclude(request, results);
  }

  async function authenticateSlowly(
    request: IncomingMessage,
    before: readonly CredentialResult[],
    pending: Promise<CredentialResult>,
    rest: readonly CredentialAuthenticator[],
  ): Promise<Authentication> {
    const results = [...before, await pending];
    for (const credential of rest) {
      if (results.at(-1)?.kind === 'user') break;
      results.push(await credential.check(request));
    }
    return conclude(request, results);
  }

  return {
    /** Asked again about the same request it answers the same: its credentials are gone by then. */
    authenticate(request) {
      let answer = answered.get(request);
      if (answer === undefined) {
        answer = authenticate(request);
        answered.set(request, answer);
      }
      return answer;
    },
  };
}

/** Who cannot be checked now may be anybody, so that comes before "wrong" and "nobody". */
function withoutUser(results: readonly CredentialResult[]): Authentication {
  const unavailable = results.find((result) => result.kind === 'unavailable');
  if (unavailable !== undefined) {
    const { message, retryAfterSeconds } = unavailable;
    return { outcome: 'unavailable', message, retryAfterSeconds };
  }
  const invalid = results.filter((result) => result.kind === 'invalid').map(({ message }) => message);
  if (invalid.length > 0) return { outcome: 'invalid', message: invalid.join('; ') };
  return { outcome: 'user', user: ANONYMOUS };
}

/** A front proxy may speak for somebody whom it does not know either: they stay strangers. */
function withAuthenticated(user: UserInfo): UserInfo {
  const settled = [AUTHENTICATED, ...ANONYMOUS.groups].some((group) => user.groups.includes(group));
  if (user.name === ANONYMOUS.name || settled) return user;
  return { ...user, groups: [...user.groups, AUTHENTICATED] };
}

function namesOf(request: IncomingMessage): string[] {
  return request.rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
}

/** No code behind this point can mistake a header for an identity, or log a token (A5). */
function removeCredentials(
  request: IncomingMessage,
  config:
    | { [K in 'usernameHeaders' | 'uidHeaders' | 'groupHeaders' | 'extraHeaderPrefixes']: readonly string[] }
    | undefined,
): void {
  const names = new Set([
    'authorization',
    ...(config?.usernameHeaders ?? []),
    ...(config?.uidHeaders ?? []),
    ...(config?.groupHeaders ?? []),
  ]);
  const prefixes = ['x-remote-', 'impersonate-', ...(config?.extraHeaderPrefixes ?? [])];
  const carries = (name: string) => names.has(name) || prefixes.some((prefix) => name.startsWith(prefix));
  const { rawHeaders } = request;
  if (!namesOf(request).some(carries)) return;
  const { headers, headersDistinct } = request; // both are made from rawHeaders when first asked for
  for (const dictionary of [headers, headersDistinct]) {
    for (const name of Object.keys(dictionary)) if (carries(name)) delete dictionary[name];
  }
  request.rawHeaders = rawHeaders.filter((_, index) => !carries((rawHeaders[index - (index % 2)] ?? '').toLowerCase()));
}
