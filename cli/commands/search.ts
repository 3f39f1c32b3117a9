import type { Command } from '../command.ts';
import { type GetOptions, getFaults } from './get.ts';
import { KITE_LIST_FLAGS, type KiteListFlags, kiteOptions } from './list.ts';

export const search: Command<KiteListFlags, GetOptions> = {
  name: 'search',
  parameters: '<text...>',
  summary: 'Find issues by words.',
  description:
    'Find issues by the words of their titles, subjects, reasons and descriptions, as docs/search.md says: "phrases" in ' +
    'quotes, -without, the last word may be a beginning. Only Active ones, unless --all. In the past (--as-of) words ' +
    'are found by their letters alone.',
  examples: [
    { comment: 'What is about certificates, everywhere?', line: 'faultline search certificate expired -A' },
    { comment: 'A phrase, also of what was resolved', line: `faultline search '"no space left"' --all -n shop` },
  ],
  flags: KITE_LIST_FLAGS,
  complete: ({ parameters, flags }) => ({ ...kiteOptions(flags), search: parameters.join(' ') }),
  validate(options) {
    const { search: text = '' } = options;
    const faults = getFaults(options);
    return text.trim() === '' || text.length > 500 ? [...faults, 'give 1 to 500 characters to search for'] : faults;
  },
  async run(options, streams) {
    const { runGet } = await import('../reading/run-get.ts');
    return await runGet(options, streams);
  },
};
