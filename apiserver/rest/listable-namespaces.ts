import { GROUP, VERSION } from '../../crds/names.ts';
import { ExpiringCache } from '../kube/access/expiring-cache.ts';
import type { Authorizer, Decision, ResourceAttributes, UserInfo } from '../kube/access/types.ts';
import { forbidden } from '../kube/status.ts';
import { RestError } from './errors.ts';
import { filterConcurrently } from './filter-concurrently.ts';

/**
 * What a caller of /api/v1 may see: unlike /apis, where a list over all namespaces without the right is 403, REST
 * filters to the namespaces in which the caller may `list issues.faultline.dev` (design.md decision 10).
 */

/** Every namespace, also those that come later; or these and no others. */
export type Listable = 'all' | ReadonlySet<string>;

export interface ListableNamespacesOptions {
  readonly authorizer: Authorizer;
  /** What the caller must be allowed to do on issues. Default: `list`. */
  readonly right?: Pick<IssueRight, 'verb' | 'subresource'>;
  /** Namespaces that have issues in any state, hidden ones too: the only ones worth asking about. */
  readonly namespaces: () => Promise<readonly string[]>;
  /** ms. */
  readonly now: () => number;
  /** Questions at one time for one caller. Default: 16. */
  readonly concurrency?: number;
}

export interface ListableNamespaces {
  /**
   * For a list over all namespaces: asks for the whole cluster first, then for each namespace that has issues. Rejects
   * with AccessUnavailable (503) when a single answer is missing: half an answer would look like a whole one.
   */
  of(user: UserInfo): Listable | Promise<Listable>;
}

/** How long a caller's set is kept beyond the 10 s that an answer of the cluster is: 10,000 questions are not asked again for each page. */
const KEPT_MS = 5_000;
const MAX_CALLERS = 512;
const EVERYWHERE: ResourceAttributes = {
  kind: 'resource',
  verb: 'list',
  group: GROUP,
  version: VERSION,
  resource: 'issues',
};

export function listableNamespaces(options: ListableNamespacesOptions): ListableNamespaces {
  const { authorizer, right = {}, now, concurrency = 16 } = options;
  const question = { ...EVERYWHERE, ...right };
  const kept = new ExpiringCache<Listable>(MAX_CALLERS, now);
  const pending = new Map<string, Promise<Listable>>();

  async function ask(user: UserInfo, everywhere: Decision | Promise<Decision>, key: string): Promise<Listable> {
    try {
      if ((await everywhere).allowed) return 'all';
      const may = (namespace: string) => authorizer.authorize(user, { ...question, namespace });
      const allowed = await allowedAmong(may, await options.namespaces(), concurrency);
      kept.set(key, allowed, KEPT_MS);
      return allowed;
    } finally {
      pending.delete(key);
    }
  }

  return {
    of(user) {
      const decision = authorizer.authorize(user, question);
      if (!(decision instanceof Promise) && decision.allowed) return 'all';
      const key = callerKey(user);
      const known = kept.get(key) ?? pending.get(key);
      if (known !== undefined) {
        if (decision instanceof Promise) decision.catch(() => {}); // whoever asked first is told
        return known;
      }
      const asked = ask(user, decision, key);
      pending.set(key, asked);
      return asked;
    },
  };
}

async function allowedAmong(
  may: (namespace: string) => Decision | Promise<Decision>,
  namespaces: readonly string[],
  concurrency: number,
): Promise<ReadonlySet<string>> {
  const passes = (namespace: string): boolean | Promise<boolean> => {
    const decision = may(namespace);
    return decision instanceof Promise ? decision.then(({ allowed }) => allowed) : decision.allowed;
  };
  return new Set(await filterConcurrently(namespaces, passes, concurrency));
}

function callerKey({ name, uid, groups, extra }: UserInfo): string {
  return JSON.stringify([name, uid ?? '', groups, extra ?? {}]);
}

/** A right on issues of one namespace, as RBAC names it. */
export interface IssueRight {
  readonly verb: 'get' | 'list' | 'create' | 'update';
  readonly namespace: string;
  readonly name?: string;
  /** `resolve`, `evidence`, … */
  readonly subresource?: string;
}

/** Whether `user` has this right. Rejects with AccessUnavailable when nobody can say now. */
export async function mayOnIssues(authorizer: Authorizer, user: UserInfo, right: IssueRight): Promise<boolean> {
  return (await authorizer.authorize(user, { ...EVERYWHERE, ...right })).allowed;
}

/** Throws RestError 403 in the words of Kubernetes when `user` has not this right, AccessUnavailable when nobody can say. */
export async function requireOnIssues(authorizer: Authorizer, user: UserInfo, right: IssueRight): Promise<void> {
  const attributes = { ...EVERYWHERE, ...right };
  const decision = await authorizer.authorize(user, attributes);
  if (!decision.allowed) {
    throw new RestError(403, forbidden({ user: user.name, ...attributes }, decision.reason).message);
  }
}
