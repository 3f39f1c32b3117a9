import type { Command } from '../command.ts';
import { connectionOf } from './kubeconfig-flags.ts';
import {
  AS_OF_FLAG,
  issueNames,
  NAMESPACE_FLAG,
  nameFaults,
  OBJECT_OUTPUTS,
  type ObjectOutput,
  objectOutputFlag,
  READING_FLAGS,
  type ReadingFlags,
  type ReadingOptions,
  readingFaults,
} from './reading.ts';

export interface HistoryFlags extends ReadingFlags {
  readonly output: ObjectOutput;
}

export interface HistoryOptions extends ReadingOptions {
  readonly names: readonly string[];
  readonly output: ObjectOutput;
}

export const history: Command<HistoryFlags, HistoryOptions> = {
  name: 'history',
  parameters: '<names...>',
  summary: 'Show all that happened to an issue: episodes, severities, what people did.',
  description:
    'Show all that happened to an issue, in the order of time: when it opened, resolved and opened again and for how long, ' +
    'how its severity changed, and what people did and said. Also of an issue that has left the list. How a whole list was ' +
    'at a moment is get --as-of; how much broke in a time is stats.',
  examples: [
    { comment: 'Has this been broken before?', line: 'faultline history component-payments-mfrggzdf -n shop' },
    {
      comment: 'For another program',
      line: 'faultline history component-payments-mfrggzdf -n shop -o json | jq .status.events',
    },
  ],
  flags: [
    NAMESPACE_FLAG,
    objectOutputFlag(OBJECT_OUTPUTS),
    { ...AS_OF_FLAG, description: 'Up to then: a duration for so long ago, such as 2h, or a time.' },
    ...READING_FLAGS,
  ],
  complete: ({ parameters, flags }) => ({
    ...connectionOf(flags),
    ...{ names: issueNames(parameters), namespace: flags.namespace, asOf: flags.asOf, output: flags.output },
  }),
  validate: (options) => [...readingFaults(options), ...nameFaults(options.names)],
  async run(options, streams) {
    const { runHistory } = await import('../reading/run-history.ts');
    return await runHistory(options, streams);
  },
};
