import type { IncomingMessage } from 'node:http';
import type { CurrentAuthenticationConfig, RequestHeaderConfig } from './authentication-config.ts';
import { PeerJudge } from './client-certificate.ts';
import type { UserInfo } from './types.ts';

/**
 * One way to prove who one is. `absent`: the request carries no such credential, and the next way is tried; so it is
 * after `invalid`, but then the request is no longer anonymous (A6, A7).
 */
export type CredentialResult =
  | { readonly kind: 'absent' }
  | { readonly kind: 'invalid'; readonly message: string }
  /** `why`: for the log; the caller is told `message`. */
  | {
      readonly kind: 'unavailable';
      readonly message: string;
      readonly why?: string;
      readonly retryAfterSeconds: number;
    }
  | { readonly kind: 'user'; readonly user: UserInfo };

export interface CredentialAuthenticator {
  /** Never rejects. The user's groups are those of the credential; `system:authenticated` is added by the caller. */
  check(request: IncomingMessage): CredentialResult | Promise<CredentialResult>;
}

const ABSENT: CredentialResult = { kind: 'absent' };
const NOT_LOADED: CredentialResult = {
  kind: 'unavailable',
  message: 'the authentication configuration of the cluster is not loaded yet',
  retryAfterSeconds: 1,
};

/**
 * Both ways to prove something with a client certificate, in the order in which they are asked (A7). `now`: ms since
 * 1970.
 */
export function certificateCredentials(
  config: CurrentAuthenticationConfig,
  now: () => number,
): readonly CredentialAuthenticator[] {
  const judge = new PeerJudge(now);
  return [frontProxy(config, judge), clientCertificate(config, judge)];
}

/**
 * The aggregator speaks for a user in headers. Believed only on a connection whose certificate leads to the front
 * proxy's own authority and carries an allowed common name (A1, A2); on any other connection the headers are nothing.
 */
function frontProxy(config: CurrentAuthenticationConfig, judge: PeerJudge): CredentialAuthenticator {
  return {
    check(request) {
      if (!judge.showsCertificate(request)) return ABSENT;
      const current = config();
      if (current === undefined) return NOT_LOADED;
      const { requestHeader } = current;
      if (requestHeader === undefined) return ABSENT;
      const verdict = judge.judge(request, requestHeader.roots);
      if (verdict.kind !== 'trusted') return ABSENT; // it may still be a user's own certificate
      const { commonName } = verdict.subject;
      const { allowedNames } = requestHeader;
      if (allowedNames.length > 0 && !allowedNames.includes(commonName)) {
        return {
          kind: 'invalid',
          message: `front proxy: ${JSON.stringify(commonName)} is not an allowed common name (requestheader-allowed-names)`,
        };
      }
      const user = readUserHeaders(request, requestHeader);
      return user === undefined ? ABSENT : { kind: 'user', user };
    },
  };
}

/** A user's own certificate: CN is the name, every O a group. */
function clientCertificate(config: CurrentAuthenticationConfig, judge: PeerJudge): CredentialAuthenticator {
  const users = new WeakMap<object, UserInfo>();
  return {
    check(request) {
      if (!judge.showsCertificate(request)) return ABSENT;
      const current = config();
      if (current === undefined) return NOT_LOADED;
      const verdict = judge.judge(request, current.clientRoots);
      if (verdict.kind === 'none') return ABSENT;
      if (verdict.kind === 'untrusted') return { kind: 'invalid', message: `client certificate: ${verdict.fault}` };
      const { subject } = verdict;
      if (subject.commonName === '') return { kind: 'invalid', message: 'client certificate: without a common name' };
      let user = users.get(subject); // one object a connection, so that decisions can be cached by identity
      if (user === undefined) {
        user = { name: subject.commonName, groups: subject.organizations };
        users.set(subject, user);
      }
      return { kind: 'user', user };
    },
  };
}

/**
 * Header values one by one: Node's `headers` joins repeated ones with commas, and a group name may hold a comma (A3).
 * Of names that are given twice the first counts, and empty ones are nothing, as upstream.
 */
function readUserHeaders(request: IncomingMessage, config: RequestHeaderConfig): UserInfo | undefined {
  const headers = request.headersDistinct;
  const all = (names: readonly string[]): string[] =>
    names
      .flatMap((name) => headers[name] ?? [])
      .filter((value) => value !== '')
      .map(utf8);
  const first = (names: readonly string[]): string | undefined =>
    names.map((name) => utf8(headers[name]?.[0] ?? '')).find((value) => value !== '');
  const name = first(config.usernameHeaders);
  if (name === undefined) return undefined;
  const uid = first(config.uidHeaders);
  const extra = readExtra(headers, config.extraHeaderPrefixes);
  return {
    name,
    ...(uid !== undefined && { uid }),
    groups: all(config.groupHeaders),
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}

function readExtra(headers: NodeJS.Dict<string[]>, prefixes: readonly string[]): Record<string, string[]> {
  const extra = new Map<string, string[]>();
  for (const [header, values] of Object.entries(headers)) {
    for (const prefix of prefixes) {
      if (!header.startsWith(prefix)) continue;
      const key = unescapeKey(header.slice(prefix.length));
      extra.set(key, [...(extra.get(key) ?? []), ...(values ?? []).map(utf8)]);
    }
  }
  return Object.fromEntries(extra);
}

/** Go sends a name such as Zoë as its UTF-8 bytes; Node reads headers as Latin-1. */
function utf8(header: string): string {
  return /[\x80-\xff]/.test(header) ? Buffer.from(header, 'latin1').toString('utf8') : header;
}

/** Keys come percent-encoded since they are header names (A3); one that does not decode is taken as it is. */
function unescapeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}
