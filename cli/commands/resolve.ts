import type { Command } from '../command.ts';
import {
  ACTION_FLAGS,
  type ActionFlags,
  type ActionOptions,
  actionFaults,
  actionOptions,
  ISSUES_PARAMETER,
} from './action.ts';

export const resolve: Command<ActionFlags, ActionOptions> = {
  name: 'resolve',
  parameters: ISSUES_PARAMETER,
  summary: 'Resolve an issue by hand.',
  description:
    'Resolve an issue by hand. Issues resolve by themselves when their subject is fixed: this is for those that nobody ' +
    'will fix or run again. What fails anew opens it again.',
  examples: [
    { comment: 'An issue that kubectl get issues showed', line: 'faultline resolve component-web-mfrggzdf -n shop' },
    {
      comment: 'With a reason, for whoever asks later',
      line: 'faultline resolve component-web-mfrggzdf -n shop --reason "known flake, TICKET-7"',
    },
    {
      comment: 'All that a list shows, after a look at it',
      line: 'faultline get -n shop --reason TestsFailed -o name | xargs faultline resolve -n shop --yes',
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
