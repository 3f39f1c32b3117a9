import { LINK_RELATIONS } from '../../crds/issue-words.ts';
import type { Command } from '../command.ts';
import { connectionOf } from './kubeconfig-flags.ts';
import {
  AS_OF_FLAG,
  issueNames,
  NAMESPACE_FLAG,
  nameFaults,
  READING_FLAGS,
  type ReadingFlags,
  type ReadingOptions,
  readingFaults,
} from './reading.ts';

export interface OpenFlags extends ReadingFlags {
  readonly link?: string;
  readonly print?: boolean;
}

export interface OpenOptions extends ReadingOptions {
  readonly name: string;
  /** The relation of the link; undefined: log, else console, else the first. */
  readonly link: string | undefined;
  /** Print it, and open nothing. */
  readonly print: boolean;
}

export const open: Command<OpenFlags, OpenOptions> = {
  name: 'open',
  parameters: '<name>',
  summary: 'Open the link of an issue.',
  description: 'Print where to look further: the log, else the console. On a terminal, open it in the browser, too.',
  examples: [
    { comment: 'The log of a failed build', line: 'faultline open component-payments-mfrggzdf -n shop' },
    {
      comment: 'The commit, for another program',
      line: 'faultline open component-payments-mfrggzdf -n shop --link commit --print',
    },
  ],
  flags: [
    NAMESPACE_FLAG,
    AS_OF_FLAG,
    { spelling: '--link <relation>', description: 'Which one.', choices: LINK_RELATIONS },
    { spelling: '--print', description: 'Print it, and open nothing.' },
    ...READING_FLAGS,
  ],
  complete: ({ parameters, flags: { namespace, asOf, link, print = false, ...flags } }) => ({
    ...{ name: issueNames(parameters)[0] ?? '', namespace, asOf, link, print },
    ...connectionOf(flags),
  }),
  validate: (options) => [...readingFaults(options), ...nameFaults([options.name])],
  async run(options, streams) {
    const { runOpen } = await import('../reading/run-open.ts');
    return await runOpen(options, streams);
  },
};
