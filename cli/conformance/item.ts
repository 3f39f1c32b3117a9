import type { Subject } from './subject.ts';

/** What breaks: MUST a listed client or the cluster; SHOULD is what built-in resources do; COULD is nice. */
export type Level = 'MUST' | 'SHOULD' | 'COULD';

export const LEVELS: readonly Level[] = ['MUST', 'SHOULD', 'COULD'];

/** One thing that an aggregated resource has to do, and how to see from outside whether it does. */
export interface Item {
  /** A section's letter and a number: `W7`. Numbers are stable; scripts name them. */
  readonly number: string;
  readonly level: Level;
  /** One line. */
  readonly requirement: string;
  /** Who breaks without it, or what. */
  readonly breaks: string;
  /**
   * Resolves when the requirement is met. Throws Failed for what was seen instead, Skipped for why nothing could be
   * seen. Writes nothing: reads, `dryRun=All`, TokenRequests, and requests that have to be refused.
   */
  check(subject: Subject): Promise<void>;
}

/** The requirement is not met: what was asked, what came, what should have come. */
export class Failed extends Error {
  override readonly name = 'Failed';
}

/** Nothing was seen that would decide: why. */
export class Skipped extends Error {
  override readonly name = 'Skipped';
}

/** Fails with the message unless the condition holds. */
export function ensure(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Failed(message);
}

/** Skips with the reason unless the condition holds. */
export function need(condition: unknown, reason: string): asserts condition {
  if (!condition) throw new Skipped(reason);
}

/** `D10` after `D9`, sections in the order of the list. */
export function compareNumbers(a: string, b: string): number {
  const sections = 'RDOALFVWTSEHX';
  const section = sections.indexOf(a.charAt(0)) - sections.indexOf(b.charAt(0));
  return section || Number(a.slice(1)) - Number(b.slice(1));
}
