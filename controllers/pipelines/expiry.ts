import { type Observation, parseDuration, parseTime } from '../index.ts';
import type { Place } from './place.ts';

/** How long a failure is worth keeping when no run follows. */
export type Lifetime = 'pull-request' | 'branch' | 'generated-name' | 'lasting';

export interface Expiries {
  branchExpiry: string;
  pullRequestExpiry: string;
}

const LATEST_TIME = Date.UTC(9999, 11, 31);

export function lifetimeOf(place: Place): Lifetime {
  switch (place.kind) {
    case 'pull-request':
      return 'pull-request';
    case 'branch':
      return place.queue ? 'pull-request' : 'branch';
    case 'unknown':
      return 'lasting';
    default:
      return place satisfies never;
  }
}

/** When an issue of this lifetime resolves as Expired. `from` is RFC 3339; without a time it never does. */
export function expiry(
  lifetime: Lifetime,
  from: string | undefined,
  options: Expiries,
): Pick<Observation, 'expiresAt'> {
  const start = parseTime(from);
  if (lifetime === 'lasting' || start === undefined) return {};
  const at = start + parseDuration(lifetime === 'branch' ? options.branchExpiry : options.pullRequestExpiry);
  return at > LATEST_TIME ? {} : { expiresAt: new Date(at).toISOString() };
}
