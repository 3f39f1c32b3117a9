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

export interface LogsFlags extends ReadingFlags {
  readonly live?: boolean;
  readonly follow?: boolean;
  readonly container?: string;
  readonly tail: string;
}

export interface LogsOptions extends ReadingOptions {
  readonly name: string;
  /** From the Pod, whatever was recorded. */
  readonly live: boolean;
  readonly follow: boolean;
  /** Undefined: the one that failed, else each. */
  readonly container: string | undefined;
  /** Lines; -1: all. */
  readonly tail: number;
}

export const logs: Command<LogsFlags, LogsOptions> = {
  name: 'logs',
  parameters: '<name>',
  summary: 'Show the log behind an issue: as it was recorded, or live from the Pod.',
  description:
    'Show the end of the log of what failed, as it was recorded when the issue opened (with the right to get ' +
    'issues/evidence). With --live or --follow, and where none was recorded, read it from the Pods of what was observed ' +
    '(with the right to get pods/log).',
  examples: [
    { comment: 'Why does the build fail?', line: 'faultline logs component-payments-mfrggzdf -n shop' },
    { comment: 'What the Deployment says now', line: 'faultline logs deployment-web-h4vq2k7d -n shop --follow' },
    {
      comment: 'The last ten lines of one container',
      line: 'faultline logs deployment-web-h4vq2k7d --live -c app --tail 10',
    },
  ],
  flags: [
    NAMESPACE_FLAG,
    { spelling: '--live', description: 'From the Pod, whatever was recorded.' },
    { spelling: '-f, --follow', description: 'From the Pod, and go on with what it writes, until Ctrl-C.' },
    { spelling: '-c, --container <name>', description: 'Of this container (default: the one that failed, else all).' },
    { spelling: '--tail <lines>', description: 'So many lines from the end; -1: all.', default: '200' },
    { ...AS_OF_FLAG, description: 'What was recorded of how it was then: a duration for so long ago, or a time.' },
    ...READING_FLAGS,
  ],
  complete: ({ parameters, flags }) => ({
    ...connectionOf(flags),
    ...{
      name: issueNames(parameters)[0] ?? '',
      namespace: flags.namespace,
      asOf: flags.asOf,
      container: flags.container,
    },
    live: (flags.live ?? false) || (flags.follow ?? false),
    follow: flags.follow ?? false,
    tail: Number(flags.tail),
  }),
  validate: (options) => [
    ...readingFaults(options),
    ...nameFaults([options.name]),
    ...(options.live && options.asOf !== undefined
      ? ['--as-of: a Pod has its log of now alone: leave out --live and --follow to see what was recorded']
      : []),
    ...(Number.isInteger(options.tail) && options.tail >= -1 ? [] : ['--tail is a number of lines, -1 for all']),
  ],
  async run(options, streams) {
    const { runLogs } = await import('../logs/run-logs.ts');
    return await runLogs(options, streams);
  },
};
