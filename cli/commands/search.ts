import type { Command } from '../command.ts';
import {
  ALL_NAMESPACES_FLAG,
  FILTER_FLAGS,
  type GetFlags,
  type GetOptions,
  getFaults,
  getOptions,
  ORDER_FLAGS,
  OUTPUT_FLAG,
} from './get.ts';
import { NAMESPACE_FLAG, READING_FLAGS } from './reading.ts';

export const search: Command<GetFlags, GetOptions> = {
  name: 'search',
  parameters: '<text...>',
  summary: 'Find issues by words.',
  description:
    'Find issues by the words of their titles, subjects, reasons and descriptions, as docs/search.md says: "phrases" in ' +
    'quotes, -without, the last word may be a beginning. Only Active ones, unless --all.',
  examples: [
    { comment: 'What is about certificates, everywhere?', line: 'faultline search certificate expired -A' },
    { comment: 'A phrase, also of what was resolved', line: `faultline search '"no space left"' --all -n shop` },
  ],
  flags: [NAMESPACE_FLAG, ALL_NAMESPACES_FLAG, ...FILTER_FLAGS, OUTPUT_FLAG, ...ORDER_FLAGS, ...READING_FLAGS],
  complete: ({ parameters, flags }) => ({ ...getOptions([], flags), search: parameters.join(' ') }),
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
