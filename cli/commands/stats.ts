import type { Command } from '../command.ts';
import { connectionOf } from './kubeconfig-flags.ts';
import {
  AS_OF_FLAG,
  momentOf,
  NAMESPACE_FLAG,
  OBJECT_OUTPUTS,
  type ObjectOutput,
  objectOutputFlag,
  READING_FLAGS,
  type ReadingFlags,
  type ReadingOptions,
  readingFaults,
} from './reading.ts';

export interface StatsFlags extends ReadingFlags {
  readonly allNamespaces?: boolean;
  readonly since: string;
  readonly until?: string;
  readonly type?: readonly string[];
  readonly subject?: readonly string[];
  readonly limit: string;
  readonly output: ObjectOutput;
}

export interface StatsOptions extends ReadingOptions {
  readonly allNamespaces: boolean;
  readonly since: string;
  readonly until: string | undefined;
  readonly types: readonly string[];
  readonly subjects: readonly string[];
  readonly limit: number;
  readonly output: ObjectOutput;
}

const listed = (values: readonly string[] = []) => values.flatMap((value) => value.split(',')).filter(Boolean);

export const stats: Command<StatsFlags, StatsOptions> = {
  name: 'stats',
  summary: 'Count what broke, and how long it took to resolve.',
  description:
    'Count what is open, what opened and what resolved in a time, and how long that took: in all, by namespace, type, subject ' +
    'and day, and what broke most often. Of the namespaces whose issues you may list, as far back as history is kept. What ' +
    'is open is counted now, or with --as-of then.',
  examples: [
    { comment: 'The last week of my namespace', line: 'faultline stats -n shop' },
    { comment: 'What builds cost in the last month, everywhere', line: 'faultline stats -A --since 30d --type build' },
    {
      comment: 'Mean time to resolve, in seconds',
      line: 'faultline stats -A -o json | jq .total.meanSecondsToResolve',
    },
  ],
  flags: [
    NAMESPACE_FLAG,
    { spelling: '-A, --all-namespaces', description: 'Of all namespaces whose issues you may list.' },
    {
      spelling: '--since <moment>',
      description: 'From then on: a duration for so long ago, or a time.',
      default: '7d',
    },
    { spelling: '--until <moment>', description: 'Up to then (default: now).' },
    { ...AS_OF_FLAG, description: 'Up to then, as --until; and what was open then.' },
    { spelling: '--type <types>', description: 'Only these: build, test, release, …', repeated: true },
    { spelling: '--subject <names>', description: 'Only about these subjects.', repeated: true },
    { spelling: '--limit <count>', description: 'Rows of each list, 1 to 100.', default: '10' },
    objectOutputFlag(OBJECT_OUTPUTS),
    ...READING_FLAGS,
  ],
  complete: ({ flags }) => ({
    ...connectionOf(flags),
    ...{ namespace: flags.namespace, asOf: flags.asOf, allNamespaces: flags.allNamespaces ?? false },
    ...{ since: flags.since, until: flags.until ?? flags.asOf, output: flags.output },
    types: listed(flags.type),
    subjects: listed(flags.subject),
    limit: Number(flags.limit),
  }),
  validate(options) {
    const { allNamespaces, namespace, since, until, asOf, limit } = options;
    const faults = readingFaults(options);
    if (allNamespaces && namespace !== undefined) {
      faults.push('--all-namespaces and --namespace say two things at once');
    }
    for (const [flag, moment] of [
      ['--since', since],
      ['--until', until === asOf ? undefined : until],
    ] as const) {
      if (moment !== undefined && momentOf(moment, 0) === undefined) {
        faults.push(
          `${flag}: ${JSON.stringify(moment)} is no moment: write for example 2h, 1d or 2026-11-21T03:00:00Z`,
        );
      }
    }
    if (!Number.isInteger(limit) || limit < 1 || limit > 100) faults.push('--limit is a number from 1 to 100');
    return faults;
  },
  async run(options, streams) {
    const { runStats } = await import('../reading/run-stats.ts');
    return await runStats(options, streams);
  },
};
