import type { Attributes, Authorizer, Decision, NonResourceAttributes, ResourceAttributes, UserInfo } from './types.ts';

/** A rule of RBAC about resources. `*` is any verb, group or resource; absent or empty `names` are any name. */
export interface ResourceRule {
  readonly verbs: readonly string[];
  readonly groups: readonly string[];
  /** Plurals; a subresource is written `issues/resolve`. */
  readonly resources: readonly string[];
  readonly names?: readonly string[];
}

/** A rule of RBAC about paths: exact, or a prefix when it ends in `*`. */
export interface PathRule {
  /** HTTP methods in lower case. */
  readonly verbs: readonly string[];
  readonly paths: readonly string[];
}

/** What one user may do, in every namespace. */
export interface Grant {
  readonly user: string;
  readonly resources?: readonly ResourceRule[];
  readonly paths?: readonly PathRule[];
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
      const grant = grantOf(user);
      return grant !== undefined && allows(grant, attributes) ? ALLOWED : DENIED;
    },
    grantOf,
  };
}

function allows(grant: Grant, attributes: Attributes): boolean {
  if (attributes.kind === 'nonResource') return (grant.paths ?? []).some((rule) => allowsPath(rule, attributes));
  return (grant.resources ?? []).some((rule) => allowsResource(rule, attributes));
}

function allowsPath(rule: PathRule, { verb, path }: NonResourceAttributes): boolean {
  return includes(rule.verbs, verb) && rule.paths.some((allowed) => matchesPath(allowed, path));
}

function matchesPath(allowed: string, path: string): boolean {
  return allowed.endsWith('*') ? path.startsWith(allowed.slice(0, -1)) : path === allowed;
}

function allowsResource(rule: ResourceRule, asked: ResourceAttributes): boolean {
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
