import { hash as digest, randomBytes } from 'node:crypto';
import { type ClusterApi, ClusterApiError } from './cluster-api.ts';
import type { CredentialAuthenticator, CredentialResult } from './credentials.ts';
import { ExpiringCache } from './expiring-cache.ts';
import { postReview, type RetryOptions } from './post-review.ts';
import { presentedToken } from './presented-token.ts';
import type { ReviewObserver, UserInfo } from './types.ts';

export interface BearerTokenOptions extends RetryOptions {
  readonly api: ClusterApi;
  /** ms. */
  readonly now: () => number;
  /** Audiences of which a token must have one; default: those of the API server. */
  readonly audiences?: readonly string[];
  /** How long an answer, good or bad, is believed, ms. Default: 10,000, as upstream. */
  readonly ttlMs?: number;
  readonly onReview?: ReviewObserver;
}

interface TokenReview {
  readonly status?: {
    readonly authenticated?: boolean;
    readonly audiences?: readonly string[];
    readonly user?: { username?: string; uid?: string; groups?: string[]; extra?: Record<string, string[]> };
  };
}

const MAX_TOKENS = 4096;
const INVALID: CredentialResult = { kind: 'invalid', message: 'bearer token: not valid' };

/**
 * Bearer tokens (of ServiceAccounts, mostly) in the header Authorization or, of a WebSocket, in a subprotocol (W12),
 * checked by the cluster's TokenReview. Answers are kept under a hash
 * with a secret of this process, never under the token; concurrent requests with one token make one review.
 */
export function bearerTokenAuthenticator(options: BearerTokenOptions): CredentialAuthenticator {
  const { api, now, audiences = [], ttlMs = 10_000 } = options;
  const secret = randomBytes(32).toString('base64');
  const cache = new ExpiringCache<CredentialResult>(MAX_TOKENS, now);
  const pending = new Map<string, Promise<CredentialResult>>();

  async function review(token: string, hash: string): Promise<CredentialResult> {
    const started = now();
    const observe = (result: Parameters<ReviewObserver>[0]['result']): void =>
      options.onReview?.({ review: 'TokenReview', result, seconds: (now() - started) / 1_000 });
    try {
      const result = readReview(
        (await postReview(api, TOKEN_REVIEWS, tokenReview(token, audiences), options)) as TokenReview,
        audiences,
      );
      cache.set(hash, result, ttlMs);
      observe(result.kind === 'user' ? 'allowed' : 'denied');
      return result;
    } catch (error) {
      observe('error');
      return unavailable(error);
    } finally {
      pending.delete(hash);
    }
  }

  return {
    check(request) {
      const presented = presentedToken(request);
      if (presented.kind !== 'token') return presented;
      const { token } = presented;
      // In one call: an Hmac object for each request is ten times as slow, and nobody but us sees the digest.
      const hash = digest('sha256', `${secret}${token}`, 'base64');
      const known = cache.get(hash) ?? pending.get(hash);
      if (known !== undefined) return known;
      const reviewed = review(token, hash);
      pending.set(hash, reviewed);
      return reviewed;
    },
  };
}

const TOKEN_REVIEWS = '/apis/authentication.k8s.io/v1/tokenreviews';

/** Not with the error's own text, which could quote what was sent; the cluster's log has it. */
function unavailable(error: unknown): CredentialResult {
  const status = error instanceof ClusterApiError ? error.status : undefined;
  const advice = status === 403 ? ': bind the ServiceAccount to the ClusterRole system:auth-delegator' : '';
  const why = `TokenReview: ${status === undefined ? 'the cluster did not answer' : `the cluster answered ${status}`}${advice}`;
  return { kind: 'unavailable', message: 'bearer tokens cannot be checked now', why, retryAfterSeconds: 1 };
}

function tokenReview(token: string, audiences: readonly string[]) {
  const spec = { token, ...(audiences.length > 0 && { audiences }) };
  return { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec };
}

/** An API server that does not know audiences leaves the list out; then the token was not checked for ours. */
function readReview({ status }: TokenReview, audiences: readonly string[]): CredentialResult {
  if (status?.authenticated !== true || !status.user?.username) return INVALID;
  if (audiences.length > 0 && !audiences.some((audience) => status.audiences?.includes(audience))) return INVALID;
  const { username, uid, groups = [], extra } = status.user;
  const user: UserInfo = { name: username, ...(uid && { uid }), groups, ...(extra && { extra }) };
  return { kind: 'user', user };
}
