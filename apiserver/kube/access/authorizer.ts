import { AUTHENTICATED, type Authorizer, type Decision, MASTERS } from './types.ts';

const ALLOWED: Decision = { allowed: true };
const HEALTH = ['/healthz', '/livez', '/readyz'] as const;
const DISCOVERY = ['/api', '/apis', '/openapi', '/version'] as const;

/**
 * What is decided before anybody is asked, and by whom the rest is: health for everyone (A12), discovery and OpenAPI
 * for every authenticated user (D8: the aggregator asks as users without a group of their own), everything for
 * `system:masters`, and what remains by `next`.
 */
export function createAuthorizer(next: Authorizer): Authorizer {
  return {
    authorize(user, attributes) {
      if (user.groups.includes(MASTERS)) return ALLOWED;
      if (attributes.kind === 'nonResource' && (attributes.verb === 'get' || attributes.verb === 'head')) {
        const { path } = attributes;
        if (HEALTH.some((prefix) => isWithin(path, prefix))) return ALLOWED;
        if (user.groups.includes(AUTHENTICATED) && isDiscovery(path)) return ALLOWED;
      }
      return next.authorize(user, attributes);
    },
  };
}

/** `/apis` and below, `/`, `/version`; `/api/v1` is the core group to kubectl, but deeper paths there are REST. */
function isDiscovery(path: string): boolean {
  if (path === '/') return true;
  if (isWithin(path, '/api')) return path.split('/').filter((part) => part !== '').length <= 2;
  return DISCOVERY.some((prefix) => isWithin(path, prefix));
}

function isWithin(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`);
}
