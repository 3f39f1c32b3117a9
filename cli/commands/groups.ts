import type { Command } from '../command.ts';
import { didYouMean } from '../suggest.ts';
import { ALL_NAMESPACES_FLAG } from './get.ts';
import { connectionOf } from './kubeconfig-flags.ts';
import {
  AS_OF_FLAG,
  NAMESPACE_FLAG,
  READING_FLAGS,
  type ReadingFlags,
  type ReadingOptions,
  readingFaults,
} from './reading.ts';

export const GROUP_OUTPUTS = ['table', 'wide', 'json', 'yaml', 'name', 'jsonpath', 'custom-columns'] as const;

export interface GroupsFlags extends ReadingFlags {
  readonly allNamespaces?: boolean;
  readonly all?: boolean;
  readonly fieldSelector?: string;
  readonly output?: string;
  readonly headers?: boolean;
}

export interface GroupsOptions extends ReadingOptions {
  /** Of groups, or their keys (spec.group); empty: a list. */
  readonly names: readonly string[];
  readonly allNamespaces: boolean;
  /** Resolved groups, too. */
  readonly all: boolean;
  readonly fieldSelector: string | undefined;
  /** Undefined: a table, and of a name all that is known. */
  readonly output: { readonly format: string; readonly template: string } | undefined;
  readonly headers: boolean;
}

export const groups: Command<GroupsFlags, GroupsOptions> = {
  name: 'groups',
  parameters: '[names...]',
  summary: 'Show what issues have in common: one CVE, one expired credential.',
  description:
    'List the groups of issues that are open in the cluster (with the right to list issuegroups), or with a name, or what its ' +
    'issues name as their group, all that is known of one. With -n, or --as-of, they are made of the issues of that namespace, or of that moment: for that the right ' +
    'to list issues is enough, and groups that Faultline proposes are not among them.',
  examples: [
    { comment: 'What is behind many issues?', line: 'faultline groups' },
    { comment: 'One of them: its members, namespaces, days', line: 'faultline groups cve-2026-1234-h5vq2k7d' },
    { comment: 'The same by what its issues name as their group', line: 'faultline groups CVE-2026-1234' },
    { comment: 'Those with members in my namespace', line: 'faultline groups -n shop' },
  ],
  flags: [
    { ...NAMESPACE_FLAG, description: 'Groups of the issues of this namespace alone.' },
    { ...ALL_NAMESPACES_FLAG, description: 'Of all namespaces, which is the default.' },
    AS_OF_FLAG,
    { spelling: '--all', description: 'Resolved groups, too.' },
    { spelling: '--field-selector <fields>', description: 'A field selector, such as spec.origin=Proposed.' },
    {
      spelling: '-o, --output <format>',
      description: `How: ${GROUP_OUTPUTS.join(', ')}, as for get (default: table; of a name, all that is known).`,
    },
    { spelling: '--no-headers', description: 'No line with the names of the columns.' },
    ...READING_FLAGS,
  ],
  complete({ parameters, flags }) {
    const [format = '', ...template] = (flags.output ?? '').split('=');
    return {
      ...connectionOf(flags),
      ...{ namespace: flags.namespace, asOf: flags.asOf, all: flags.all ?? false, fieldSelector: flags.fieldSelector },
      allNamespaces: flags.allNamespaces ?? false,
      names: parameters.map((name) => name.replace(/^issuegroups?(\.faultline\.dev)?\//, '')),
      output: flags.output === undefined ? undefined : { format, template: template.join('=') },
      headers: flags.headers ?? true,
    };
  },
  validate,
  async run(options, streams) {
    const { runGroups } = await import('../reading/run-groups.ts');
    return await runGroups(options, streams);
  },
};

function validate(options: GroupsOptions): string[] {
  const { names, namespace, asOf, fieldSelector, output } = options;
  const faults = readingFaults(options);
  const made = namespace !== undefined || asOf !== undefined;
  if (options.allNamespaces && namespace !== undefined) {
    faults.push('--all-namespaces and --namespace say two things at once');
  }
  for (const name of names) {
    if (name === '' || name.length > 253) faults.push(`${JSON.stringify(name)} is no group: see faultline groups`);
  }
  if (made && names.length > 0) faults.push('names are of groups of the whole cluster now: leave out -n and --as-of');
  if (made && fieldSelector !== undefined) faults.push('--field-selector is for groups of the whole cluster now');
  if (output === undefined) return faults;
  if (!(GROUP_OUTPUTS as readonly string[]).includes(output.format)) {
    const { format } = output;
    faults.push(
      `--output: ${JSON.stringify(format)} is none of ${GROUP_OUTPUTS.join(', ')}${didYouMean(format, GROUP_OUTPUTS)}`,
    );
  } else if (made && !['table', 'json', 'yaml'].includes(output.format)) {
    faults.push('--output: with -n or --as-of it is table, json or yaml');
  }
  return faults;
}
