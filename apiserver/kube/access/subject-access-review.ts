import { hash as digest } from 'node:crypto';
import type { ClusterApi } from './cluster-api.ts';
import { ExpiringCache } from './expiring-cache.ts';
import { postReview, type RetryOptions } from './post-review.ts';
import { fieldRequirements, labelRequirements, type SelectorRequirement } from './selector-requirements.ts';
import {
  AccessUnavailable,
  type Attributes,
  type Authorizer,
  type Decision,
  type ReviewObserver,
  type UserInfo,
} from './types.ts';

export interface SubjectAccessReviewOptions extends RetryOptions {
  readonly api: ClusterApi;
  /** ms. */
  readonly now: () => number;
  /** How long a yes is believed, ms. Default: 10,000. */
  readonly allowedTtlMs?: number;
  /** How long a no is believed, ms. Default: 10,000. */
  readonly deniedTtlMs?: number;
  readonly onReview?: ReviewObserver;
}

/** LRU size, and the bytes of what a caller chooses from which an answer is not kept: it could fill the memory (A11). */
const MAX_DECISIONS = 8192;
const MAX_ATTRIBUTE_BYTES = 10_000;
const REVIEWS = '/apis/authorization.k8s.io/v1/subjectaccessreviews';

interface Review {
  readonly status?: { readonly allowed?: boolean; readonly denied?: boolean; readonly reason?: string };
}

/**
 * Asks the cluster's RBAC whether the *caller* may (A8), for proxied calls too: that the aggregator let a request
 * through says nothing about what is asked of us. Identical questions at one time are asked once.
 */
export function subjectAccessReviewAuthorizer(options: SubjectAccessReviewOptions): Authorizer {
  const { api, now, allowedTtlMs = 10_000, deniedTtlMs = 10_000 } = options;
  const decisions = new ExpiringCache<Decision>(MAX_DECISIONS, now);
  const pending = new Map<string, Promise<Decision>>();
  const userKeys = new WeakMap<UserInfo, string>();

  function keyOf(user: UserInfo, attributes: Attributes): string {
    let userKey = userKeys.get(user);
    if (userKey === undefined) {
      // A digest: 8,192 users in 200 groups each are many megabytes.
      userKey = digest('sha256', JSON.stringify([user.name, user.uid ?? '', user.groups, user.extra ?? {}]), 'base64');
      userKeys.set(user, userKey);
    }
    return userKey + attributesKey(attributes);
  }

  async function ask(user: UserInfo, attributes: Attributes, key: string): Promise<Decision> {
    const started = now();
    const observe = (result: Parameters<ReviewObserver>[0]['result']): void =>
      options.onReview?.({ review: 'SubjectAccessReview', result, seconds: (now() - started) / 1_000 });
    try {
      const decision = await review(api, reviewOf(user, attributes), options);
      if (attributeBytes(attributes) < MAX_ATTRIBUTE_BYTES) {
        decisions.set(key, decision, decision.allowed ? allowedTtlMs : deniedTtlMs);
      }
      observe(decision.allowed ? 'allowed' : 'denied');
      return decision;
    } catch (error) {
      observe('error');
      throw error;
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

async function review(api: ClusterApi, body: unknown, retry: RetryOptions): Promise<Decision> {
  try {
    const { status } = (await postReview(api, REVIEWS, body, retry)) as Review;
    if (status?.allowed === true && status.denied !== true) return { allowed: true };
    return { allowed: false, ...(status?.reason && { reason: status.reason }) };
  } catch (cause) {
    throw new AccessUnavailable('access cannot be checked now', { cause });
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
      ...selecting('fieldSelector', fieldRequirements(fieldSelector ?? '')),
      ...selecting('labelSelector', labelRequirements(labelSelector ?? '')),
    },
  };
}

/** Nothing instead of an empty list, which a review may not have. */
function selecting(name: 'fieldSelector' | 'labelSelector', requirements: readonly SelectorRequirement[]) {
  return requirements.length > 0 && { [name]: { requirements } };
}

function attributeBytes(attributes: Attributes): number {
  return Object.values(attributes).reduce((sum, value) => sum + Buffer.byteLength(value), 0);
}

/** Every part, at its place: two different questions never share a key. */
function attributesKey(attributes: Attributes): string {
  if (attributes.kind === 'nonResource') return JSON.stringify([attributes.verb, attributes.path]);
  const { verb, namespace, group, version, resource, subresource, name, fieldSelector, labelSelector } = attributes;
  return JSON.stringify([verb, namespace, group, version, resource, subresource, name, fieldSelector, labelSelector]);
}
