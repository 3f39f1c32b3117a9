import { parseDuration } from '../../crds/duration.ts';
import { MAX_SNOOZE, MAX_SNOOZE_MS } from '../../crds/issue-snooze.ts';
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

interface SnoozeFlags extends ActionFlags {
  readonly for?: string;
  readonly until?: string;
}

/** Exactly one of both. */
export interface SnoozeOptions extends ActionOptions {
  readonly duration: string | undefined;
  readonly until: string | undefined;
}

export const snooze: Command<SnoozeFlags, SnoozeOptions> = {
  name: 'snooze',
  parameters: ISSUES_PARAMETER,
  summary: 'Be quiet about an issue for a while.',
  description:
    'Be quiet about an issue for a while: status.snoozedUntil shows until when. It stays Active and in every list; ' +
    'snooze it again to make the time longer or shorter.',
  examples: [
    { comment: 'Until the fix is rolled out', line: 'faultline snooze component-web-mfrggzdf -n shop --for 2h' },
    {
      comment: 'Until Monday morning',
      line: 'faultline snooze component-web-mfrggzdf -n shop --until 2026-11-23T09:00:00Z --comment "after the freeze"',
    },
  ],
  flags: [
    { spelling: '--for <duration>', description: `How long, for example 30m, 2h or 1d12h; at most ${MAX_SNOOZE}.` },
    { spelling: '--until <time>', description: 'Until when, RFC 3339, for example 2026-11-23T09:00:00Z.' },
    ...ACTION_FLAGS,
  ],
  complete: ({ parameters, flags }) => ({
    ...actionOptions(parameters, flags),
    duration: flags.for,
    until: flags.until,
  }),
  validate: (options) => [...actionFaults(options), ...timeFaults(options)],
  async run(options, streams) {
    const { runSnooze } = await import('../actions/run-action.ts');
    return await runSnooze(options, streams);
  },
};

/** Whether a time is in the future is for the server to say: its clock counts. */
function timeFaults({ duration, until }: SnoozeOptions): string[] {
  if ((duration === undefined) === (until === undefined)) return ['say how long: --for 2h, or --until and a time'];
  if (until !== undefined) {
    return parseTime(until) === undefined ? [`--until: "${until}" is no time such as 2026-11-23T09:00:00Z`] : [];
  }
  try {
    const ms = parseDuration(duration as string);
    return ms > 0 && ms <= MAX_SNOOZE_MS ? [] : [`--for must be longer than nothing and at most ${MAX_SNOOZE}`];
  } catch (error) {
    return [`--for: ${(error as Error).message}`];
  }
}
