import { multiLine } from '../../crds/text.ts';
import type { Command } from '../command.ts';
import {
  ACTION_FLAGS,
  type ActionFlags,
  type ActionOptions,
  actionFaults,
  actionOptions,
  ISSUE_PARAMETER,
  MAX_COMMENT,
} from './action.ts';

export const comment: Command<ActionFlags, ActionOptions> = {
  name: 'comment',
  parameters: `${ISSUE_PARAMETER} <text>`,
  summary: 'Say something about an issue.',
  description: 'Say something about an issue, for whoever reads its timeline. It changes nothing else.',
  examples: [
    {
      comment: 'What you found out',
      line: 'faultline comment component-web-mfrggzdf -n shop "the base image lost curl, fixed in PR 18"',
    },
  ],
  flags: ACTION_FLAGS.filter(({ spelling }) => !spelling.startsWith('--comment')),
  complete: ({ parameters, flags }) => ({ ...actionOptions(parameters, flags), comment: parameters[1] }),
  validate: (options) => [...actionFaults(options), ...wordFaults(options)],
  async run(options, streams) {
    const { runComment } = await import('../actions/run-action.ts');
    return await runComment(options, streams);
  },
};

function wordFaults({ comment: words = '' }: ActionOptions): string[] {
  return words.length <= MAX_COMMENT && multiLine(words, 4 * MAX_COMMENT) === '' ? ['the comment is empty'] : [];
}
