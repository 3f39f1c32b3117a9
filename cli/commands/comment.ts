import { multiLine } from '../../crds/text.ts';
import type { Command } from '../command.ts';
import {
  ACTION_FLAGS,
  type ActionFlags,
  type ActionOptions,
  actionFaults,
  actionOptions,
  MAX_COMMENT,
} from './action.ts';

export const comment: Command<ActionFlags, ActionOptions> = {
  name: 'comment',
  parameters: '<words...>',
  summary: 'Say something about an issue.',
  description:
    'Say something about issues, for whoever reads their timelines: first the names, then the text (or --reason). It changes ' +
    'nothing else.',
  examples: [
    {
      comment: 'What you found out',
      line: 'faultline comment component-web-mfrggzdf -n shop "the base image lost curl, fixed in PR 18"',
    },
  ],
  flags: ACTION_FLAGS,
  complete({ parameters, flags }) {
    const options = actionOptions(parameters, flags);
    if (options.comment !== undefined) return options;
    const words = parameters.slice(0, -1);
    // A single word is a name without a text, which is told.
    return parameters.length + (flags.id?.length ?? 0) < 2
      ? { ...options, comment: '' }
      : { ...actionOptions(words, flags), comment: parameters.at(-1) };
  },
  validate: (options) => [...actionFaults(options), ...wordFaults(options)],
  async run(options, streams) {
    const { runComment } = await import('../actions/run-action.ts');
    return await runComment(options, streams);
  },
};

function wordFaults({ comment: words = '' }: ActionOptions): string[] {
  return words.length <= MAX_COMMENT && multiLine(words, 4 * MAX_COMMENT) === '' ? ['the comment is empty'] : [];
}
