import { setTimeout as sleep } from 'node:timers/promises';
import { type ClusterApi, ClusterApiError } from './cluster-api.ts';
import { ExpiringCache } from './expiring-cache.ts';
import { AccessUnavailable, type Attributes, type Authorizer, type Decision, type UserInfo } from './types.ts';

export interface SubjectAccessReviewOptions {
  readonly api: ClusterApi;
  /** ms. */
  readonly now: () => number;
  /** How long a yes is believed, ms. Default: 10,000. */
  readonly allowedTtlMs?: number;
  /** How long a no is believed, ms. Default: 10,000. */
  readonly deniedTtlMs?: number;
  /** Between tries, ms; one try more than there are pauses. Default: 500, 750, 1,125. */
  readonly backoffMs?: readonly number[];
}

/** LRU size and the total length of strings from which an answer is not kept (A11). */
const MAX_DECISIONS = 8192;
const MAX_KEY_LENGTH = 10_000;
const REVIEWS = '/apis/authorization.k8s.io/v1/subjectaccessreviews';

interface Review {
  readonly status?: { readonly allowed?: boolean; readonly denied?: boolean; readonly reason?: string };
}

/**
 * Asks the cluster's RBAC whether the *caller* may (A8), for proxied calls too: that the aggregator let a request
 * through says nothing about what is asked of us. Identical questions at one time are asked once.
 */
export function subjectAccessReviewAuthorizer(options: SubjectAccessReviewOptions): Authorizer {
  const { api, now, allowedTtlMs = 10_000, deniedTtlMs = 10_000, backoffMs = [500, 750, 1125] } = options;
  const decisions = new ExpiringCache<Decision>(MAX_DECISIONS, now);
  const pending = new Map<string, Promise<Decision>>();
  const userKeys = new WeakMap<UserInfo, string>();

  function keyOf(user: UserInfo, attributes: Attributes): string {
    let userKey = userKeys.get(user);
    if (userKey === undefined) {
      userKey = JSON.stringify([user.name, user.uid ?? '', user.groups, user.extra ?? {}]);
      userKeys.set(user, userKey);
    }
    return userKey + attributesKey(attributes);
  }

  async function ask(user: UserInfo, attributes: Attributes, key: string): Promise<Decision> {
    try {
      const decision = await review(api, reviewOf(user, attributes), backoffMs);
      if (key.length < MAX_KEY_LENGTH) decisions.set(key, decision, decision.allowed ? allowedTtlMs : deniedTtlMs);
      return decision;
    } finally {
      pending.delete(key);
    }
  }

  return {
    authorize(user, attributes) {
      const key = keyOf(user, attributes);
      const known = decisions.get(key) ?? pending.get(key);
      if (known !== undefined) return known;
      const asked = ask(user, attributes, key);
      pending.set(key, asked);
      return asked;
    },
  };
}

async function review(api: ClusterApi, body: unknown, backoffMs: readonly number[]): Promise<Decision> {
  for (let attempt = 0; ; attempt++) {
    try {
      const { status } = (await api.post(REVIEWS, body)) as Review;
      if (status?.allowed === true && status.denied !== true) return { allowed: true };
      return { allowed: false, ...(status?.reason && { reason: status.reason }) };
    } catch (cause) {
      const pause = backoffMs[attempt];
      const retriable = cause instanceof ClusterApiError && cause.retriable;
      if (!retriable || pause === undefined) throw new AccessUnavailable('access cannot be checked now', { cause });
      await sleep(pause);
    }
  }
}

function reviewOf(user: UserInfo, attributes: Attributes) {
  const { name, uid, groups, extra } = user;
  return {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: { user: name, ...(uid && { uid }), groups, ...(extra && { extra }), ...attributesOf(attributes) },
  };
}

function attributesOf(attributes: Attributes) {
  if (attributes.kind === 'nonResource') {
    return { nonResourceAttributes: { verb: attributes.verb, path: attributes.path } };
  }
  const { kind: _, fieldSelector, labelSelector, ...resourceAttributes } = attributes;
  return {
    resourceAttributes: {
      ...resourceAttributes,
      ...(fieldSelector && { fieldSelector: { rawSelector: fieldSelector } }),
      ...(labelSelector && { labelSelector: { rawSelector: labelSelector } }),
    },
  };
}

/** Every part, at its place: two different questions never share a key. */
function attributesKey(attributes: Attributes): string {
  if (attributes.kind === 'nonResource') return JSON.stringify([attributes.verb, attributes.path]);
  const { verb, namespace, group, version, resource, subresource, name, fieldSelector, labelSelector } = attributes;
  return JSON.stringify([verb, namespace, group, version, resource, subresource, name, fieldSelector, labelSelector]);
}
