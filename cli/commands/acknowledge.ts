import type { Command } from '../command.ts';
import {
  ACTION_FLAGS,
  type ActionFlags,
  type ActionOptions,
  actionFaults,
  actionOptions,
  ISSUES_PARAMETER,
} from './action.ts';

export const acknowledge: Command<ActionFlags, ActionOptions> = {
  name: 'acknowledge',
  aliases: ['ack'],
  parameters: ISSUES_PARAMETER,
  summary: 'Say that you have taken note of an issue.',
  description:
    'Say that you have taken note of an issue: status.acknowledged shows who and when. It stays Active, and when it ' +
    'comes back after it was resolved, nobody has taken note of that yet.',
  examples: [
    { comment: 'I am looking at it', line: 'faultline acknowledge component-web-mfrggzdf -n shop' },
    {
      comment: 'Who has taken note of what',
      line: "kubectl get issues -A -o custom-columns='NAME:.metadata.name,BY:.status.acknowledged.by'",
    },
  ],
  flags: ACTION_FLAGS,
  complete: ({ parameters, flags }) => actionOptions(parameters, flags),
  validate: actionFaults,
  async run(options, streams) {
    const { runAcknowledge } = await import('../actions/run-action.ts');
    return await runAcknowledge(options, streams);
  },
};
