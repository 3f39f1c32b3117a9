import { parseDuration } from '../../crds/duration.ts';
import { MAX_DUE, MAX_DUE_MS } from '../../crds/issue-due-date.ts';
import { parseTime } from '../../crds/time.ts';
import type { Command } from '../command.ts';
import {
  ACTION_FLAGS,
  type ActionFlags,
  type ActionOptions,
  actionFaults,
  actionOptions,
  ISSUES_PARAMETER,
} from './action.ts';

interface DueFlags extends ActionFlags {
  readonly in?: string;
  readonly at?: string;
  readonly clear?: boolean;
}

/** Exactly one of the three. */
export interface DueOptions extends ActionOptions {
  readonly in: string | undefined;
  readonly at: string | undefined;
  readonly clear: boolean;
}

export const due: Command<DueFlags, DueOptions> = {
  name: 'due',
  parameters: ISSUES_PARAMETER,
  summary: 'Say by when an issue shall be resolved.',
  description:
    'Say by when an issue shall be resolved: status.due shows the date and who set it, beside the date that the finding ' +
    'may have (spec.dueAt). When the issue opens again after it was resolved, nobody has set one yet.',
  examples: [
    { comment: 'Within three days', line: 'faultline due component-web-mfrggzdf -n shop --in 3d' },
    {
      comment: 'By a date',
      line: 'faultline due component-web-mfrggzdf -n shop --at 2026-12-01T17:00:00Z --comment "before the release"',
    },
    { comment: 'No date any more', line: 'faultline due component-web-mfrggzdf -n shop --clear' },
  ],
  flags: [
    { spelling: '--in <duration>', description: `In how long, for example 8h or 3d; at most ${MAX_DUE}.` },
    { spelling: '--at <time>', description: 'By when, RFC 3339, for example 2026-12-01T17:00:00Z.' },
    { spelling: '--clear', description: 'Take the date away.' },
    ...ACTION_FLAGS,
  ],
  complete: ({ parameters, flags }) => ({
    ...actionOptions(parameters, flags),
    in: flags.in,
    at: flags.at,
    clear: flags.clear ?? false,
  }),
  validate: (options) => [...actionFaults(options), ...dateFaults(options)],
  async run(options, streams) {
    const { runDue } = await import('../actions/run-action.ts');
    return await runDue(options, streams);
  },
};

/** Whether a time is in the future is for the server to say: its clock counts. */
function dateFaults({ in: duration, at, clear }: DueOptions): string[] {
  if ([duration !== undefined, at !== undefined, clear].filter(Boolean).length !== 1) {
    return ['say by when: --in 3d, --at and a time, or --clear'];
  }
  if (clear) return [];
  if (at !== undefined) {
    return parseTime(at) === undefined ? [`--at: "${at}" is no time such as 2026-12-01T17:00:00Z`] : [];
  }
  try {
    const ms = parseDuration(duration as string);
    return ms > 0 && ms <= MAX_DUE_MS ? [] : [`--in must be longer than nothing and at most ${MAX_DUE}`];
  } catch (error) {
    return [`--in: ${(error as Error).message}`];
  }
}
