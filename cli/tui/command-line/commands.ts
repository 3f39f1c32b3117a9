import { DNS_LABEL } from '../../../crds/names.ts';
import { momentOf } from '../../commands/reading.ts';
import { didYouMean } from '../../suggest.ts';
import { THEME_NAMES } from '../look/theme.ts';
import { GROUPINGS } from '../rows/listing.ts';
import { SORTS } from '../rows/order.ts';
import { type Action, COPIES } from '../state/action.ts';
import { ISSUES } from '../state/state.ts';

/** What the command line knows of the world. */
export interface Around {
  /** ms since 1970. */
  readonly now: number;
  /** What the words after a command may be: namespaces, saved views. */
  completions(command: string): readonly string[];
}

export type ParsedCommand =
  | { readonly action: Action; readonly fault?: undefined }
  | { readonly action?: undefined; readonly fault: string };

export interface CommandLine {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** As the help shows it. */
  readonly parameter?: string;
  readonly summary: string;
  /** What the parameter may be, where that is fixed. */
  readonly words?: readonly string[];
  /** A text is what is wrong. */
  readonly action: (parameter: string, around: Around) => Action | string;
}

/** Every command of the command line: the help and the completion are made from this table. */
export const COMMAND_LINES: readonly CommandLine[] = [
  simple('issues', ['issue', 'iss', 'i'], 'what is broken', { kind: 'go', view: ISSUES }),
  simple('groups', ['group', 'gr', 'issuegroups', 'issuegroup'], 'what issues have in common', {
    kind: 'go',
    view: { kind: 'groups', filter: '' },
  }),
  {
    ...{
      name: 'namespaces',
      aliases: ['ns', 'namespace'],
      parameter: '[NAMESPACE|all]',
      summary: 'namespaces, or the issues of one',
    },
    action: namespace,
  },
  simple('controllers', ['controller', 'ctl', 'sources', 'source'], 'who looks, and what they say', {
    kind: 'go',
    view: { kind: 'controllers', filter: '' },
  }),
  {
    ...{ name: 'history', aliases: ['as-of', 'h'], parameter: '[2h|TIME|now]', summary: 'how it was then' },
    action: history,
  },
  {
    ...{
      name: 'context',
      aliases: ['contexts', 'ctx'],
      parameter: 'CONTEXT',
      summary: 'another cluster of your kubeconfig',
    },
    action: context,
  },
  simple('all', [], 'resolved issues too, or Active ones only', { kind: 'toggle', option: 'all' }),
  simple('wide', ['w'], 'more columns, or fewer', { kind: 'toggle', option: 'wide' }),
  choice('sort', SORTS, 'order the issues', (sort) => ({ kind: 'sort', sort })),
  choice('group-by', GROUPINGS, 'issues as a tree', (grouping) => ({ kind: 'group-by', grouping })),
  choice('theme', THEME_NAMES, 'other colours', (theme) => ({ kind: 'theme', theme })),
  {
    ...{ name: 'filter', parameter: '[FILTER]', summary: 'as / does; without one, none' },
    action: (filter) => ({ kind: 'filter', filter }),
  },
  {
    ...{ name: 'view', aliases: ['v'], parameter: 'NAME', summary: 'a saved view' },
    action: (name) => (name === '' ? 'which view? :view NAME' : { kind: 'saved', name }),
  },
  {
    ...{ name: 'save', parameter: 'NAME', summary: 'save this list as a view' },
    action: (name) =>
      /^[\w.-]{1,40}$/.test(name) ? { kind: 'save', name } : 'save as what? :save NAME, of letters, digits, . _ -',
  },
  simple('resolve', [], 'resolve what is selected', { kind: 'act', act: 'resolve' }),
  simple('acknowledge', ['ack'], 'say that you have taken note', { kind: 'act', act: 'acknowledge' }),
  simple('snooze', [], 'be quiet about it for a while', { kind: 'act', act: 'snooze' }),
  choice('copy', COPIES, 'copy what is selected', (what) => ({ kind: 'copy', what })),
  simple('open', [], 'open the link', { kind: 'open' }),
  simple('logs', ['evidence'], 'what showed the issue', { kind: 'look', at: 'evidence' }),
  simple('yaml', ['subject'], 'the subject as YAML', { kind: 'look', at: 'subject' }),
  simple('explain', ['ledger', 'why'], 'what the controllers make of the object', { kind: 'look', at: 'ledger' }),
  simple('help', ['?'], 'the keys and the commands', { kind: 'help' }),
  simple('quit', ['q', 'q!', 'exit', 'qa'], 'leave', { kind: 'quit' }),
];

function simple(name: string, aliases: readonly string[], summary: string, action: Action): CommandLine {
  return {
    ...{ name, aliases, summary },
    action: (parameter) => (parameter === '' ? action : `:${name} takes nothing after it`),
  };
}

function choice<T extends string>(
  name: string,
  words: readonly T[],
  summary: string,
  action: (word: T) => Action,
): CommandLine {
  return {
    ...{ name, parameter: words.join('|'), summary, words },
    action: (parameter) => {
      const word = words.find((each) => each === parameter);
      if (word !== undefined) return action(word);
      return `:${name} takes ${words.join(', ')}${didYouMean(parameter, words)}`;
    },
  };
}

function namespace(parameter: string): Action | string {
  if (parameter === '') return { kind: 'go', view: { kind: 'namespaces', filter: '' } };
  if (parameter === 'all') return { kind: 'namespace', namespace: undefined };
  return DNS_LABEL.test(parameter)
    ? { kind: 'namespace', namespace: parameter }
    : `${parameter} is no name of a namespace`;
}

function context(name: string, { completions }: Around): Action | string {
  const names = completions('context');
  if (name === '') return `which context? ${names.join(', ')}`;
  if (names.length === 0 || names.includes(name)) return { kind: 'context', name };
  return `the kubeconfig has no context ${name}${didYouMean(name, names)}`;
}

function history(parameter: string, { now }: Around): Action | string {
  if (parameter === 'now') return { kind: 'as-of', at: undefined };
  if (parameter === '') return { kind: 'scrub', by: -3_600_000 };
  const at = momentOf(parameter, now);
  if (at === undefined) return `${parameter} is no moment: write for example 2h, 1d or 2026-11-21T03:00:00Z`;
  return at >= now ? 'that is to come: nobody knows' : { kind: 'as-of', at };
}

/** What a line of the command line does. A name of a view is that view. */
export function parseCommand(text: string, around: Around): ParsedCommand {
  const [, name = '', parameter = ''] = /^\s*(\S+)\s*(.*?)\s*$/s.exec(text) ?? [];
  const found = COMMAND_LINES.find((each) => each.name === name || each.aliases?.includes(name));
  if (found === undefined) {
    if (around.completions('view').includes(name)) return { action: { kind: 'saved', name } };
    const names = COMMAND_LINES.flatMap((each) => [each.name, ...(each.aliases ?? [])]);
    return { fault: `there is no command :${name}${didYouMean(name, names)}` };
  }
  const action = found.action(parameter, around);
  return typeof action === 'string' ? { fault: action } : { action };
}

export interface Completed {
  /** All that it may become. */
  readonly candidates: readonly string[];
  /** The line as far as it is clear; undefined: nothing follows. */
  readonly common: string | undefined;
}

export function completeCommand(text: string, completions: Around['completions']): Completed {
  const [, name = '', gap = '', begun = ''] = /^\s*(\S*)(\s*)(.*)$/s.exec(text) ?? [];
  if (gap === '') {
    const names = [...COMMAND_LINES.map((each) => each.name), ...completions('view')];
    return completion(names, name, '');
  }
  const found = COMMAND_LINES.find((each) => each.name === name || each.aliases?.includes(name));
  return completion(found?.words ?? completions(found?.name ?? name), begun, `${name} `);
}

function completion(words: readonly string[], begun: string, before: string): Completed {
  const candidates = [...new Set(words)].filter((word) => word.startsWith(begun));
  const [first] = candidates;
  if (first === undefined) return { candidates, common: undefined };
  let common = first;
  for (const word of candidates) while (!word.startsWith(common)) common = common.slice(0, -1);
  return { candidates, common: `${before}${common}${candidates.length === 1 && before === '' ? ' ' : ''}` };
}
