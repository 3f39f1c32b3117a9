import type { Middleware } from 'koa';

/** One thing that may be wrong, under a name that tells what (`/readyz/<name>`). */
export interface HealthCheck {
  /** RFC 1123 label, as in the URL. */
  readonly name: string;
  /** False or a rejection: not healthy. More than 2 s is not healthy either. */
  readonly healthy: () => boolean | Promise<boolean>;
  /**
   * False: only reported. The database is so (design.md decision 13): a pod that leaves its Service because of the
   * database makes the APIService unavailable, and that blocks every namespace deletion of the cluster.
   * Default: true.
   */
  readonly decides?: boolean;
}

export interface HealthOptions {
  /** What makes the process fit for nothing but a restart: `/livez` and its old name `/healthz`. */
  readonly live: readonly HealthCheck[];
  /** What keeps requests away for a while: `/readyz`. */
  readonly ready: readonly HealthCheck[];
}

interface Outcome {
  readonly check: HealthCheck;
  readonly excluded: boolean;
  readonly healthy: boolean;
}

const CHECK_TIMEOUT_MS = 2000;
const PING: HealthCheck = { name: 'ping', healthy: () => true };

/**
 * `/healthz`, `/livez` and `/readyz` in the words of `k8s.io/apiserver/pkg/server/healthz` (X1): `ok`, or with
 * `?verbose` or when something failed a line for each check, without the reason: anybody may ask.
 */
export function healthEndpoints({ live, ready }: HealthOptions): Middleware {
  const groups = new Map([
    ['healthz', [PING, ...live]],
    ['livez', [PING, ...live]],
    ['readyz', [PING, ...ready]],
  ]);
  return async (ctx, next) => {
    const url = ctx.req.url ?? '';
    if (!/^\/(healthz|livez|readyz)(\/|\?|$)/.test(url) || (ctx.method !== 'GET' && ctx.method !== 'HEAD')) {
      return next();
    }
    const [, group = '', name, ...rest] = ctx.path.split('/');
    const checks = groups.get(group) ?? [];
    const chosen = name ? checks.filter((check) => check.name === name) : checks;
    if (chosen.length === 0 || rest.length > 0) return next();
    const excluded = new Set([ctx.query.exclude ?? []].flat());
    const outcomes = await Promise.all(
      chosen.map(async (check) => {
        const skipped = excluded.has(check.name);
        return { check, excluded: skipped, healthy: skipped || (await isHealthy(check)) };
      }),
    );
    const failed = outcomes.some(({ check, healthy }) => !healthy && (name ? true : check.decides !== false));
    ctx.status = failed ? 500 : 200;
    ctx.type = 'text/plain; charset=utf-8';
    ctx.set('X-Content-Type-Options', 'nosniff');
    ctx.body = failed || 'verbose' in ctx.query ? report(group, outcomes, failed, unmatched(excluded, checks)) : 'ok';
  };
}

/** Whether it is healthy within 2 s. */
export async function isHealthy(check: HealthCheck): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => late.resolve(false), CHECK_TIMEOUT_MS);
  try {
    return await Promise.race([check.healthy(), late.promise]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

function report(group: string, outcomes: readonly Outcome[], failed: boolean, unknown: readonly string[]): string {
  const lines = outcomes.map(({ check, excluded, healthy }) => {
    if (excluded) return `[+]${check.name} excluded: ok`;
    if (healthy) return `[+]${check.name} ok`;
    return `[-]${check.name} failed: reason withheld${check.decides === false ? ' (reported only)' : ''}`;
  });
  if (unknown.length > 0) {
    const names = unknown.map((name) => JSON.stringify(name)).join(', ');
    lines.push(`warn: some health checks cannot be excluded: no matches for ${names}`);
  }
  return `${[...lines, `${group} check ${failed ? 'failed' : 'passed'}`].join('\n')}\n`;
}

function unmatched(excluded: ReadonlySet<string>, checks: readonly HealthCheck[]): string[] {
  return [...excluded].filter((name) => !checks.some((check) => check.name === name));
}
