import { oneLine } from '../index.ts';
import type { Place } from './place.ts';

export const MAX_TITLE = 200;
export const MAX_DESCRIPTION = 8_192;

/** One line of at most `max` characters. Nothing of a megabyte is read but its beginning. */
export function short(value: string, max: number): string {
  return oneLine(value.slice(0, max * 4), max);
}

/** " on main", " for pull request 18", or nothing. */
export function placeWords(place: Place): string {
  switch (place.kind) {
    case 'pull-request':
      if (place.number !== undefined) return ` for pull request ${place.number}`;
      return place.id.startsWith('sha-')
        ? ` for the pull request of commit ${place.id.slice(4)}`
        : ' for a pull request';
    case 'branch':
      return place.readable === undefined ? '' : ` on ${short(place.readable, 63)}`;
    case 'unknown':
      return '';
    default:
      return place satisfies never;
  }
}

/** A length of time as people say it: "15 minutes", "3 hours", "12 days". */
export function lengthWords(ms: number): string {
  const [size, unit] = UNITS.find(([one]) => ms >= one * 2) ?? [1_000, 'second'];
  const count = Math.max(1, Math.floor(ms / size));
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

const UNITS: readonly (readonly [number, string])[] = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
];
