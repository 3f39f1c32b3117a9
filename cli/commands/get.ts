import { SEVERITIES, STATES } from '../../crds/issue-words.ts';
import type { Command, Flag } from '../command.ts';
import { didYouMean } from '../suggest.ts';
import { connectionOf } from './kubeconfig-flags.ts';
import {
  AS_OF_FLAG,
  issueNames,
  momentOf,
  NAMESPACE_FLAG,
  nameFaults,
  READING_FLAGS,
  type ReadingFlags,
  type ReadingOptions,
  readingFaults,
} from './reading.ts';

export interface FilterFlags {
  readonly severity?: readonly string[];
  readonly type?: readonly string[];
  readonly state?: readonly string[];
  readonly source?: readonly string[];
  readonly subject?: readonly string[];
  readonly reason?: readonly string[];
  readonly group?: readonly string[];
  readonly assignee?: readonly string[];
  readonly since?: string;
  readonly mine?: boolean;
  readonly all?: boolean;
}

export interface GetFlags extends ReadingFlags, FilterFlags {
  readonly allNamespaces?: boolean;
  readonly selector?: string;
  readonly fieldSelector?: string;
  readonly output?: string;
  readonly watch?: boolean;
  /** Commander's `--no-headers`: true unless it is given. */
  readonly headers?: boolean;
  readonly sortBy?: string;
  readonly exitCode?: boolean;
  readonly watchOnly?: boolean;
  readonly ignoreNotFound?: boolean;
  readonly showLabels?: boolean;
  readonly labelColumns?: readonly string[];
}

/** What is asked for; an empty list is anything. */
export interface Filters {
  readonly severity: readonly string[];
  readonly type: readonly string[];
  /** Empty: any. */
  readonly state: readonly string[];
  readonly source: readonly string[];
  /** `KIND/NAME` or `NAME`. */
  readonly subject: readonly string[];
  /** Kinds of subjects, in any case. Default: any. */
  readonly kind?: readonly string[];
  readonly reason: readonly string[];
  readonly group: readonly string[];
  readonly assignee: readonly string[];
  readonly since: string | undefined;
  readonly mine: boolean;
}

export const OUTPUT_FORMATS = [
  ...['table', 'wide', 'json', 'yaml', 'name', 'jsonpath', 'custom-columns', 'csv', 'markdown'],
] as const;

export interface GetOptions extends ReadingOptions {
  readonly names: readonly string[];
  readonly allNamespaces: boolean;
  readonly selector: string | undefined;
  readonly fieldSelector: string | undefined;
  readonly filters: Filters;
  readonly output: { readonly format: string; readonly template: string };
  readonly watch: boolean;
  readonly headers: boolean;
  readonly sortBy: string | undefined;
  readonly exitCode: boolean;
  /** Of a watch: nothing of what is there already. */
  readonly watchOnly?: boolean;
  /** A name that is not there is no error. */
  readonly ignoreNotFound?: boolean;
  /** Further columns of a table. */
  readonly labels?: LabelColumns;
  /** Words that the issues have; undefined: any. */
  readonly search?: string;
  /** At most so many; undefined: all. */
  readonly limit?: number;
}

export interface LabelColumns {
  /** Keys that have a column of their own. */
  readonly keys: readonly string[];
  /** And one for all of them. */
  readonly all: boolean;
}

const many = (spelling: string, description: string): Flag => ({ spelling, description, repeated: true });

export const FILTER_FLAGS: readonly Flag[] = [
  many('--severity <severities>', `Only these: ${SEVERITIES.join(', ')}.`),
  many('--type <types>', 'Only these: build, test, release, …'),
  many('--state <states>', 'Active or Resolved (default: Active).'),
  many('--source <sources>', 'Only what these say.'),
  many('--subject <subjects>', 'Only about these: NAME, or KIND/NAME.'),
  many('--reason <reasons>', 'Only for these reasons.'),
  many('--group <groups>', 'Only of these groups.'),
  many('--assignee <assignees>', 'Only what these work on.'),
  { spelling: '--mine', description: 'Only what is assigned to you.' },
  { spelling: '--since <moment>', description: 'Only what began since then: 2h for so long ago, or a time.' },
  { spelling: '--all', description: 'Resolved issues, too.' },
];

export const ALL_NAMESPACES_FLAG: Flag = { spelling: '-A, --all-namespaces', description: 'Of all namespaces.' };
export const OUTPUT_FLAG: Flag = {
  spelling: '-o, --output <format>',
  description: `How: ${OUTPUT_FORMATS.join(', ')}; jsonpath=TEMPLATE and custom-columns=NAME:PATH,… as in kubectl.`,
  default: 'table',
};
export const ORDER_FLAGS: readonly Flag[] = [
  { spelling: '--no-headers', description: 'No line with the names of the columns.' },
  { spelling: '--sort-by <path>', description: 'severity, since, or a path such as .metadata.name.' },
];

export const get: Command<GetFlags, GetOptions> = {
  name: 'get',
  parameters: '[names...]',
  summary: 'List what is broken.',
  description:
    'List the issues that are Active, or those with the names. Every filter takes several values, with commas or given ' +
    'again. On a terminal no line wraps: what has no room is cut or left out, and a pipe has it all. ' +
    'Exit codes: 0, 1 with a line that says what was wrong, 2 for a command line that cannot be right, and with ' +
    '--exit-code 10 when a critical issue is open.',
  examples: [
    { comment: 'What is broken in the namespace of my context, and everywhere', line: 'faultline get' },
    { comment: 'The worst, everywhere, as it changes', line: 'faultline get -A --severity critical,major -w' },
    { comment: 'What was broken at three in the morning?', line: 'faultline get -A --as-of 2026-11-21T03:00:00Z' },
    { comment: 'Fail a pipeline while something critical is open', line: 'faultline get -n shop --exit-code' },
    {
      comment: 'Names and reasons, the worst first',
      line: 'faultline get -A --sort-by severity -o custom-columns=NAME:.metadata.name,WHY:.spec.reason',
    },
  ],
  flags: [
    NAMESPACE_FLAG,
    ALL_NAMESPACES_FLAG,
    { spelling: '-l, --selector <labels>', description: 'A label selector, as kubectl has it.' },
    { spelling: '--field-selector <fields>', description: 'A field selector, such as spec.subject.name=web.' },
    ...FILTER_FLAGS,
    OUTPUT_FLAG,
    { spelling: '-w, --watch', description: 'Go on with what changes, until Ctrl-C.' },
    { spelling: '--watch-only', description: 'The same, without what is there already.' },
    ...ORDER_FLAGS,
    many('-L, --label-columns <keys>', 'A column for each of these labels, such as faultline.dev/application.'),
    { spelling: '--show-labels', description: 'A column with all labels.' },
    { spelling: '--ignore-not-found', description: 'A name that is not there is no error.' },
    { spelling: '--exit-code', description: 'End with 10 when one of the issues is critical and Active.' },
    AS_OF_FLAG,
    ...READING_FLAGS,
  ],
  complete: ({ parameters, flags }) => getOptions(issueNames(parameters), flags),
  validate: getFaults,
  async run(options, streams) {
    const { runGet } = await import('../reading/run-get.ts');
    return await runGet(options, streams);
  },
};

export function getOptions(names: readonly string[], flags: GetFlags): GetOptions {
  const { namespace, asOf, selector, fieldSelector, output = 'table', sortBy } = flags;
  const [format = '', ...template] = output.split('=');
  return {
    ...{ names, namespace, asOf, selector, fieldSelector, sortBy },
    ...connectionOf(flags),
    allNamespaces: flags.allNamespaces ?? false,
    filters: filtersOf(flags, names.length > 0),
    output: { format, template: template.join('=') },
    watch: (flags.watch ?? false) || (flags.watchOnly ?? false),
    ...(flags.watchOnly && { watchOnly: true }),
    ...(flags.ignoreNotFound && { ignoreNotFound: true }),
    ...((flags.showLabels || flags.labelColumns) && {
      labels: { keys: listed(flags.labelColumns), all: flags.showLabels ?? false },
    }),
    headers: flags.headers ?? true,
    exitCode: flags.exitCode ?? false,
  };
}

/** What contradicts, and what is no word of the language. */
export function getFaults(options: GetOptions): string[] {
  return [
    ...readingFaults(options),
    ...nameFaults(options.names),
    ...filterFaults(options.filters),
    ...outputFaults(options),
    ...contradictions(options),
    ...(options.limit === undefined || (Number.isInteger(options.limit) && options.limit > 0)
      ? []
      : ['--limit is a number from 1']),
  ];
}

function filtersOf(flags: FilterFlags, named: boolean): Filters {
  const { since, mine = false, all = false } = flags;
  const state = listed(flags.state).map((word) => wordOf(STATES, word));
  return {
    severity: listed(flags.severity).map((word) => wordOf(SEVERITIES, word)),
    type: listed(flags.type),
    // What is asked for by name is shown, whatever its state.
    state: state.length > 0 ? state : all || named ? [] : ['Active'],
    source: listed(flags.source),
    subject: listed(flags.subject),
    reason: listed(flags.reason),
    group: listed(flags.group),
    assignee: listed(flags.assignee),
    since,
    mine,
  };
}

function listed(values: readonly string[] = []): string[] {
  return values.flatMap((value) => value.split(',')).filter((value) => value !== '');
}

/** The word as it is written; unknown ones stay, and are told. */
function wordOf(words: readonly string[], given: string): string {
  return words.find((word) => word.toLowerCase() === given.toLowerCase()) ?? given;
}

function filterFaults({ severity, state, since }: Filters): string[] {
  const unknown = (flag: string, given: readonly string[], words: readonly string[]) =>
    given
      .filter((word) => !words.includes(word))
      .map((word) => `${flag}: ${JSON.stringify(word)} is none of ${words.join(', ')}${didYouMean(word, words)}`);
  return [
    ...unknown('--severity', severity, SEVERITIES),
    ...unknown('--state', state, STATES),
    ...(since !== undefined && momentOf(since, 0) === undefined
      ? [`--since: ${JSON.stringify(since)} is no moment: write for example 2h, 1d or 2026-11-21T03:00:00Z`]
      : []),
  ];
}

function outputFaults({ output: { format, template } }: GetOptions): string[] {
  if (!(OUTPUT_FORMATS as readonly string[]).includes(format)) {
    return [
      `--output: ${JSON.stringify(format)} is none of ${OUTPUT_FORMATS.join(', ')}${didYouMean(format, OUTPUT_FORMATS)}`,
    ];
  }
  const takesTemplate = format === 'jsonpath' || format === 'custom-columns';
  if (takesTemplate && template === '') {
    const example = format === 'jsonpath' ? "'{.items[*].metadata.name}'" : 'NAME:.metadata.name';
    return [`--output ${format} needs a template: -o ${format}=${example}`];
  }
  return takesTemplate || template === '' ? [] : [`--output ${format} takes no template`];
}

function contradictions(options: GetOptions): string[] {
  const { names, allNamespaces, namespace, watch, asOf, sortBy, exitCode, output } = options;
  const selects = options.selector !== undefined || options.fieldSelector !== undefined;
  const { since, mine, ...lists } = options.filters;
  const filtered = mine || since !== undefined || Object.values(lists).some((values) => values.length > 0);
  const faults: [boolean, string][] = [
    [allNamespaces && namespace !== undefined, '--all-namespaces and --namespace say two things at once'],
    [allNamespaces && names.length > 0, 'names are of one namespace: leave out --all-namespaces'],
    [selects && names.length > 0, 'names and selectors say two things at once'],
    [filtered && names.length > 0, 'names and filters say two things at once'],
    [watch && names.length > 1, 'one name can be watched, or all: use a selector'],
    [watch && asOf !== undefined, '--watch and --as-of: the past does not change'],
    [watch && sortBy !== undefined, '--watch and --sort-by: what comes next has no place in an order'],
    [
      options.labels !== undefined && !['table', 'wide'].includes(output.format),
      '--show-labels and --label-columns are columns of a table: leave out --output',
    ],
    [watch && exitCode, '--watch and --exit-code: it does not end'],
    [watch && output.format === 'jsonpath' && names.length === 0, '-o jsonpath of a watch needs a name'],
  ];
  return faults.filter(([is]) => is).map(([, fault]) => fault);
}
