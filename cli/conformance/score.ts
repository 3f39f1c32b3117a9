import { LEVELS, type Level } from './item.ts';
import type { Result } from './run.ts';

export interface Score {
  readonly level: Level;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Of those that ran, rounded down, so that 100 means all; undefined when none ran. */
  readonly percent: number | undefined;
}

export function scoreOf(level: Level, results: readonly Result[]): Score {
  const own = results.filter(({ item }) => item.level === level);
  const count = (outcome: Result['outcome']): number => own.filter((result) => result.outcome === outcome).length;
  const [passed, failed, skipped] = [count('passed'), count('failed'), count('skipped')];
  const ran = passed + failed;
  return { level, passed, failed, skipped, percent: ran === 0 ? undefined : Math.floor((100 * passed) / ran) };
}

export function scoresOf(results: readonly Result[]): Score[] {
  return LEVELS.map((level) => scoreOf(level, results));
}
