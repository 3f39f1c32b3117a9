import type { Command } from '../command.ts';
import { didYouMean } from '../suggest.ts';
import { ALL_NAMESPACES_FLAG } from './get.ts';
import { connectionOf } from './kubeconfig-flags.ts';
import {
  AS_OF_FLAG,
  NAMESPACE_FLAG,
  objectOutputFlag,
  READING_FLAGS,
  type ReadingFlags,
  type ReadingOptions,
  readingFaults,
} from './reading.ts';

export const TOP_OF = ['namespaces', 'components', 'applications'] as const;
export type TopOf = (typeof TOP_OF)[number];
/** As kubectl shortens it. */
const SHORT: Readonly<Record<string, TopOf>> = { ns: 'namespaces' };
export const TOP_OUTPUTS = ['table', 'json', 'yaml'] as const;

export interface TopFlags extends ReadingFlags {
  readonly allNamespaces?: boolean;
  readonly selector?: string;
  readonly limit: string;
  readonly output: (typeof TOP_OUTPUTS)[number];
}

export interface TopOptions extends ReadingOptions {
  /** What is ranked, each in a table of its own. */
  readonly of: readonly TopOf[];
  /** What was typed and is none of these. */
  readonly unknown: readonly string[];
  readonly allNamespaces: boolean;
  readonly selector: string | undefined;
  /** Rows; 0 is all. */
  readonly limit: number;
  readonly output: (typeof TOP_OUTPUTS)[number];
}

export const top: Command<TopFlags, TopOptions> = {
  name: 'top',
  parameters: '[namespaces|components|applications...]',
  summary: 'Rank namespaces and components by what is open.',
  description:
    'Rank namespaces and components by how many issues are open, critical ones apart: of all namespaces, or of one with -n. ' +
    'Components and applications are those that the labels of issues name.',
  examples: [
    { comment: 'Where is it worst?', line: 'faultline top' },
    { comment: 'Which components of a team?', line: 'faultline top components -n shop' },
    { comment: 'As it was yesterday', line: 'faultline top namespaces --as-of 1d' },
  ],
  flags: [
    { ...NAMESPACE_FLAG, description: 'Of this namespace (default: of all).' },
    { ...ALL_NAMESPACES_FLAG, description: 'Of all namespaces, which is the default.' },
    { spelling: '-l, --selector <labels>', description: 'A label selector, as kubectl has it.' },
    { spelling: '--limit <count>', description: 'Rows of each table; 0: all.', default: '10' },
    objectOutputFlag(TOP_OUTPUTS),
    AS_OF_FLAG,
    ...READING_FLAGS,
  ],
  complete({ parameters, flags }) {
    const { namespace, asOf, selector, output, limit } = flags;
    const asked = parameters.map(
      (word) => TOP_OF.find((of) => of === word || of === `${word}s` || SHORT[word] === of) ?? word,
    );
    const of = TOP_OF.filter((one) => asked.includes(one));
    return {
      ...connectionOf(flags),
      ...{ namespace, asOf, selector, output, limit: Number(limit), allNamespaces: flags.allNamespaces ?? false },
      of: of.length > 0 ? of : ['namespaces', 'components'],
      unknown: asked.filter((word) => !(TOP_OF as readonly string[]).includes(word)),
    };
  },
  validate(options) {
    const faults = readingFaults(options);
    for (const word of options.unknown) {
      faults.push(`${JSON.stringify(word)} is none of ${TOP_OF.join(', ')}${didYouMean(word, TOP_OF)}`);
    }
    if (options.allNamespaces && options.namespace !== undefined) {
      faults.push('--all-namespaces and --namespace say two things at once');
    }
    if (!Number.isInteger(options.limit) || options.limit < 0) faults.push('--limit is a number, 0 for all');
    return faults;
  },
  async run(options, streams) {
    const { runTop } = await import('../reading/run-top.ts');
    return await runTop(options, streams);
  },
};
