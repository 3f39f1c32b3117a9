/** What a command answers to the shell (contracts.md "Errors"). */
export const EXIT = {
  ok: 0,
  failure: 1,
  /** Unknown command or flag, missing or contradicting arguments. */
  usage: 2,
  /** `--exit-code` was given and there are Active issues. */
  found: 10,
  /** Stopped by SIGINT before the work was done: 128 + 2, as shells say it. */
  interrupted: 130,
} as const;

/** The command line was wrong; one line a fault. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Something the user can do about: the message is complete and ends in what to do. Exit code 1, without a stack. */
export class Failure extends Error {
  override readonly name = 'Failure';
}
