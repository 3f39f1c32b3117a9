import type { Asker } from '../reading/ask.ts';
import type { ServerVersion } from '../version/server-version.ts';

export const VERDICTS = ['ok', 'warning', 'failed', 'unknown'] as const;
/** `unknown`: it could not be looked at, which is no fault. */
export type Verdict = (typeof VERDICTS)[number];

/** What one look came to. */
export interface Finding {
  readonly check: string;
  readonly verdict: Verdict;
  /** One sentence. */
  readonly message: string;
  /** What to do about it: always there for what is wrong. */
  readonly fix?: string;
}

/** What the checks look at, and what the first of them found out. */
export interface Patient {
  readonly asker: Asker;
  readonly namespace: string;
  readonly server: ServerVersion;
  /** ms since 1970. */
  readonly now: number;
  readonly clientVersion: string;
}

export type Check = (patient: Patient) => Promise<readonly Finding[]>;

export function ok(check: string, message: string): Finding {
  return { check, verdict: 'ok', message };
}

export function wrong(check: string, message: string, fix: string): Finding {
  return { check, verdict: 'failed', message, fix };
}

export function doubtful(check: string, message: string, fix: string): Finding {
  return { check, verdict: 'warning', message, fix };
}

export function unknown(check: string, message: string): Finding {
  return { check, verdict: 'unknown', message };
}
