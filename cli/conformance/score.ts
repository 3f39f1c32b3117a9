import { LEVELS, type Level } from './item.ts';
import type { Result } from './run.ts';

export interface Score {
  readonly level: Level;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** How many items decided anything: passed or failed. */
  readonly seen: number;
  /** How many were chosen; the others were skipped. */
  readonly total: number;
  /** Of those that were seen, rounded down, so that 100 means all; undefined when none was. */
  readonly percent: number | undefined;
}

export function scoreOf(level: Level, results: readonly Result[]): Score {
  const own = results.filter(({ item }) => item.level === level);
  const count = (outcome: Result['outcome']): number => own.filter((result) => result.outcome === outcome).length;
  const [passed, failed, skipped] = [count('passed'), count('failed'), count('skipped')];
  const seen = passed + failed;
  const percent = seen === 0 ? undefined : Math.floor((100 * passed) / seen);
  return { level, passed, failed, skipped, seen, total: own.length, percent };
}

export function scoresOf(results: readonly Result[]): Score[] {
  return LEVELS.map((level) => scoreOf(level, results));
}
