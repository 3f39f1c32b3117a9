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

export interface DescribeOptions extends ReadingOptions {
  readonly names: readonly string[];
}

export const describe: Command<ReadingFlags, DescribeOptions> = {
  name: 'describe',
  parameters: '<names...>',
  summary: 'Show all that is known of an issue: why, evidence, timeline, what else is wrong.',
  description:
    'Show what is wrong, since when and why, what showed it (with the right to get issues/evidence), where to look, what ' +
    'happened to it, whom it belongs to, and what else is wrong with the same application. What cannot be had is said.',
  examples: [
    { comment: 'Why does the build fail?', line: 'faultline describe component-payments-mfrggzdf -n shop' },
    { comment: 'How it was an hour ago', line: 'faultline describe component-payments-mfrggzdf -n shop --as-of 1h' },
  ],
  flags: [NAMESPACE_FLAG, AS_OF_FLAG, ...READING_FLAGS],
  complete: ({ parameters, flags: { namespace, asOf, ...flags } }) => ({
    ...{ names: issueNames(parameters), namespace, asOf },
    ...connectionOf(flags),
  }),
  validate: (options) => [...readingFaults(options), ...nameFaults(options.names)],
  async run(options, streams) {
    const { runDescribe } = await import('../reading/run-describe.ts');
    return await runDescribe(options, streams);
  },
};
