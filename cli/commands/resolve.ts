import type { Command } from '../command.ts';
import {
  ACTION_FLAGS,
  type ActionFlags,
  type ActionOptions,
  actionFaults,
  actionOptions,
  ISSUE_PARAMETER,
} from './action.ts';

export const resolve: Command<ActionFlags, ActionOptions> = {
  name: 'resolve',
  parameters: ISSUE_PARAMETER,
  summary: 'Resolve an issue by hand.',
  description:
    'Resolve an issue by hand. Issues resolve by themselves when their subject is fixed: this is for those that nobody ' +
    'will fix or run again. What fails anew opens it again.',
  examples: [
    { comment: 'An issue that kubectl get issues showed', line: 'faultline resolve component-web-mfrggzdf -n shop' },
    {
      comment: 'With a reason, for whoever asks later',
      line: 'faultline resolve component-web-mfrggzdf -n shop --comment "known flake, TICKET-7"',
    },
  ],
  flags: ACTION_FLAGS,
  complete: ({ parameters, flags }) => actionOptions(parameters, flags),
  validate: actionFaults,
  async run(options, streams) {
    const { runResolve } = await import('../actions/run-action.ts');
    return await runResolve(options, streams);
  },
};
