import type { Command, Flag } from '../command.ts';
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
import { AS_OF_FLAG, NAMESPACE_FLAG, READING_FLAGS } from './reading.ts';

/** What Kite's command line has besides. */
export interface KiteListFlags extends GetFlags {
  readonly resourceType?: readonly string[];
  readonly limit?: string;
  readonly unresolved?: boolean;
}

const SHORT: Readonly<Record<string, string>> = { '--type <types>': '-t', '--severity <severities>': '-s' };

/** The filters of `get`, with the letters that Kite has for two of them. */
const KITE_FILTER_FLAGS: readonly Flag[] = [
  ...FILTER_FLAGS.map((flag) => {
    const letter = SHORT[flag.spelling];
    return letter === undefined ? flag : { ...flag, spelling: `${letter}, ${flag.spelling}` };
  }),
  { spelling: '-r, --resource-type <kinds>', description: 'Only about subjects of these kinds.', repeated: true },
  { spelling: '--limit <count>', description: 'At most so many (default: all).' },
  { spelling: '-u, --unresolved', description: 'Only Active ones, which is the default.' },
];

/** Of `list` and `search`. */
export const KITE_LIST_FLAGS: readonly Flag[] = [
  ...[NAMESPACE_FLAG, ALL_NAMESPACES_FLAG, ...KITE_FILTER_FLAGS, OUTPUT_FLAG],
  ...[...ORDER_FLAGS, AS_OF_FLAG, ...READING_FLAGS],
];

export const list: Command<KiteListFlags, GetOptions> = {
  name: 'list',
  summary: 'List what is broken, in the words of Kite: see get.',
  description:
    'The same as get, with the flags of the command line of Kite: -t, -s, -r, --limit, --unresolved. As with get, issues that are ' +
    'Active are listed, and resolved ones with --all or --state.',
  examples: [{ comment: 'Critical builds', line: 'faultline list -n team-alpha -t build -s critical' }],
  flags: KITE_LIST_FLAGS,
  complete: ({ flags }) => kiteOptions(flags),
  validate: getFaults,
  async run(options, streams) {
    const { runGet } = await import('../reading/run-get.ts');
    return await runGet(options, streams);
  },
};

/** What `get` would be asked for. */
export function kiteOptions(flags: KiteListFlags): GetOptions {
  const options = getOptions([], flags);
  const kinds = (flags.resourceType ?? []).flatMap((kind) => kind.split(',')).filter((kind) => kind !== '');
  const { limit } = flags;
  return {
    ...options,
    filters: { ...options.filters, kind: kinds },
    ...(limit !== undefined && { limit: Number(limit) }),
  };
}
