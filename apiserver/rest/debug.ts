import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';
import type { Middleware } from 'koa';

/** What is told at `/debug/<name>`, as of now. Numbers and names of kinds: nothing of what is stored, nothing of who asks. */
export type DebugPages = Readonly<Record<string, () => unknown>>;

const PREFIX = '/debug';

/** Of every process. */
export const PROCESS_PAGES: DebugPages = {
  heap: () => ({
    memory: process.memoryUsage(),
    heap: getHeapStatistics(),
    spaces: getHeapSpaceStatistics(),
  }),
  process: () => ({
    node: process.version,
    uptimeSeconds: Math.round(process.uptime()),
    usage: process.resourceUsage(),
    /** What keeps the process alive, by kind. */
    active: counted(process.getActiveResourcesInfo()),
  }),
};

/**
 * `GET /debug` names the pages, `GET /debug/<name>` is one, as JSON. Mounted behind authorization of each path
 * (nonResourceURLs `/debug`, `/debug/*`).
 */
export function debugEndpoints(pages: DebugPages): Middleware {
  return async (ctx, next) => {
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') return next();
    const name = ctx.path.slice(PREFIX.length + 1);
    const page = Object.hasOwn(pages, name) ? pages[name] : undefined;
    if (name !== '' && page === undefined) return next();
    ctx.set('Cache-Control', 'no-store');
    ctx.type = 'application/json';
    ctx.body = `${JSON.stringify(page === undefined ? { pages: Object.keys(pages).map((each) => `${PREFIX}/${each}`) } : page(), null, 2)}\n`;
  };
}

/** Whether this is a path of theirs. */
export function isDebugPath(path: string): boolean {
  return path === PREFIX || path.startsWith(`${PREFIX}/`);
}

function counted(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
