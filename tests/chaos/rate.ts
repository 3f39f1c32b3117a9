import { pluralOf } from './cluster.ts';
import { KINDS } from './plan.ts';
import type { ProxiedRequest } from './proxy.ts';

/** What one kind may cost in any minute, for each start of the controllers in it (docs/watching.md). */
const LISTS_A_MINUTE = 10;
const WATCHES_A_MINUTE = 130;
/** And all together in any ten seconds: 50 a second, and 100 at once. */
const REQUESTS_IN_TEN_SECONDS = 600;

export interface Rates {
  readonly lists: number;
  readonly watches: number;
  readonly requests: number;
  readonly faults: readonly string[];
}

/** The most that was asked in any minute, and what of it was too much. */
export function ratesOf(requests: readonly ProxiedRequest[], starts: readonly number[]): Rates {
  const faults: string[] = [];
  const most = (these: readonly ProxiedRequest[], windowMs: number): { count: number; from: number } => {
    let best = { count: 0, from: 0 };
    let first = 0;
    for (const [index, { at }] of these.entries()) {
      while ((these[first] as ProxiedRequest).at < at - windowMs) first++;
      if (index - first + 1 > best.count)
        best = { count: index - first + 1, from: (these[first] as ProxiedRequest).at };
    }
    return best;
  };
  const limited = (what: string, these: readonly ProxiedRequest[], limit: number): number => {
    const { count, from } = most(these, 60_000);
    const started = 1 + starts.filter((at) => at > from - 60_000 && at < from + 60_000).length;
    if (count > limit * started)
      faults.push(`${count} ${what} in a minute with ${started} starts: at most ${limit} each`);
    return count;
  };
  const lists: number[] = [];
  const watches: number[] = [];
  for (const kind of KINDS) {
    const mine = requests.filter(({ path }) => path.includes(`/${pluralOf(kind)}?`));
    const isList = ({ path }: ProxiedRequest): boolean =>
      (path.includes('sendInitialEvents') || !path.includes('watch=')) &&
      !path.includes('continue=') &&
      !path.includes('Exact');
    lists.push(limited(`lists of ${kind}`, mine.filter(isList), LISTS_A_MINUTE));
    watches.push(
      limited(
        `watches of ${kind}`,
        mine.filter(({ isWatch }) => isWatch),
        WATCHES_A_MINUTE,
      ),
    );
  }
  const { count } = most(requests, 10_000);
  if (count > REQUESTS_IN_TEN_SECONDS)
    faults.push(`${count} requests in ten seconds: at most ${REQUESTS_IN_TEN_SECONDS}`);
  return { lists: Math.max(...lists), watches: Math.max(...watches), requests: requests.length, faults };
}
