import type { Authorizer, Decision, ResourceAttributes, UserInfo } from './types.ts';

/** A rule of RBAC about resources. `*` is any verb, group or resource; absent or empty `names` are any name. */
export interface ResourceRule {
  readonly verbs: readonly string[];
  readonly groups: readonly string[];
  /** Plurals; a subresource is written `issues/resolve`. */
  readonly resources: readonly string[];
  readonly names?: readonly string[];
}

/** What one user may do, in every namespace. Paths that are no resources are nobody's but masters'. */
export interface Grant {
  readonly user: string;
  readonly resources: readonly ResourceRule[];
}

export interface LocalAuthorizer extends Authorizer {
  /** The grants of a user, for a SelfSubjectRulesReview. */
  grantOf(user: UserInfo): Grant | undefined;
}

const DENIED: Decision = { allowed: false };
const ALLOWED: Decision = { allowed: true };

/**
 * Decides by grants, where there is no cluster to ask (`faultline up`). Masters, discovery and health are
 * `createAuthorizer`'s; whoever has no grant may do nothing. `grants` is asked every time, because the sources that
 * the controllers may speak for change when their configuration is reloaded.
 */
export function localAuthorizer(grants: () => readonly Grant[]): LocalAuthorizer {
  const grantOf = (user: UserInfo) => grants().find((grant) => grant.user === user.name);
  return {
    authorize(user, attributes) {
      const { resources = [] } = grantOf(user) ?? {};
      const granted = attributes.kind === 'resource' && resources.some((rule) => allows(rule, attributes));
      return granted ? ALLOWED : DENIED;
    },
    grantOf,
  };
}

function allows(rule: ResourceRule, asked: ResourceAttributes): boolean {
  const resource = asked.subresource ? `${asked.resource}/${asked.subresource}` : asked.resource;
  const names = rule.names ?? [];
  return (
    includes(rule.verbs, asked.verb) &&
    includes(rule.groups, asked.group) &&
    includes(rule.resources, resource) &&
    (names.length === 0 || (asked.name !== undefined && names.includes(asked.name)))
  );
}

function includes(allowed: readonly string[], value: string): boolean {
  return allowed.includes('*') || allowed.includes(value);
}
