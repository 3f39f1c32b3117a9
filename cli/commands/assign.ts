import { MAX_ASSIGNEE } from '../../crds/issue-assignment.ts';
import { oneLine } from '../../crds/text.ts';
import type { Command } from '../command.ts';
import {
  ACTION_FLAGS,
  type ActionFlags,
  type ActionOptions,
  actionFaults,
  actionOptions,
  ISSUES_PARAMETER,
} from './action.ts';

interface AssignFlags extends ActionFlags {
  readonly to?: string;
  readonly nobody?: boolean;
}

/** Neither: to whoever asks. */
export interface AssignOptions extends ActionOptions {
  readonly assignee: string | undefined;
  readonly unassign: boolean;
}

export const assign: Command<AssignFlags, AssignOptions> = {
  name: 'assign',
  parameters: ISSUES_PARAMETER,
  summary: 'Say who works on an issue.',
  description:
    'Say who works on an issue: you, somebody else, or nobody any more. status.assignee shows it, also when the issue ' +
    'resolves and opens again.',
  examples: [
    { comment: 'I take it', line: 'faultline assign component-web-mfrggzdf -n shop' },
    {
      comment: 'It belongs to a team',
      line: 'faultline assign component-web-mfrggzdf -n shop --to team-web --comment "your base image"',
    },
    { comment: 'Nobody works on it any more', line: 'faultline assign component-web-mfrggzdf -n shop --nobody' },
  ],
  flags: [
    { spelling: '--to <who>', description: 'A user, a team, whatever its readers know (default: you).' },
    { spelling: '--nobody', description: 'Take the assignment away.' },
    ...ACTION_FLAGS,
  ],
  complete: ({ parameters, flags }) => ({
    ...actionOptions(parameters, flags),
    assignee: flags.to,
    unassign: flags.nobody ?? false,
  }),
  validate: (options) => [...actionFaults(options), ...assigneeFaults(options)],
  async run(options, streams) {
    const { runAssign } = await import('../actions/run-action.ts');
    return await runAssign(options, streams);
  },
};

function assigneeFaults({ assignee, unassign }: AssignOptions): string[] {
  if (assignee === undefined) return [];
  if (unassign) return ['--to and --nobody say two things at once'];
  if (assignee.length > MAX_ASSIGNEE) return [`--to takes at most ${MAX_ASSIGNEE} characters`];
  return oneLine(assignee, MAX_ASSIGNEE) === '' ? ['--to must say who'] : [];
}
