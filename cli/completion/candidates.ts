import { SEVERITIES, STATES } from '../../crds/issue-words.ts';
import { LABELS } from '../../crds/names.ts';
import type { Flag, Runnable } from '../command.ts';
import { SHELLS } from '../commands/completion.ts';
import { CONFIG_ACTIONS } from '../commands/config.ts';
import { OUTPUT_FORMATS } from '../commands/get.ts';
import { GROUP_OUTPUTS } from '../commands/groups.ts';
import { TOP_OF } from '../commands/top.ts';
import { spelled, type TypedLine } from './words.ts';

/** What may be typed next, and what is asked of the server for it. */
export interface Candidate {
  readonly text: string;
  readonly about?: string;
}

/** `files`: what follows is a file. */
export type Candidates = readonly Candidate[] | 'files';

/** Names that only a server, or a kubeconfig, knows. Never rejects: who cannot be asked knows none. */
export interface Names {
  issues(line: TypedLine, states: 'Active' | 'all'): Promise<readonly Candidate[]>;
  groups(line: TypedLine): Promise<readonly Candidate[]>;
  namespaces(line: TypedLine): Promise<readonly Candidate[]>;
  contexts(line: TypedLine): Promise<readonly Candidate[]>;
}

const words = (all: readonly string[]): Candidate[] => all.map((text) => ({ text }));

export function commandCandidates(commands: readonly Runnable[], summaries: ReadonlyMap<string, string>): Candidate[] {
  return commands
    .filter(({ hidden }) => !hidden)
    .map(({ name }) => {
      const about = summaries.get(name);
      return { text: name, ...(about !== undefined && { about }) };
    });
}

/** Those that were not given, or may be given again. */
export function flagCandidates(flags: readonly Flag[], given: TypedLine['given']): Candidate[] {
  return flags
    .filter((flag) => flag.repeated || !given.has(spelled(flag).long))
    .map((flag) => ({ text: spelled(flag).long, about: flag.description }));
}

const WELL_KNOWN_TYPES = ['build', 'test', 'release', 'dependency', 'pipeline', 'workload', 'security'];

export async function valueCandidates(flag: Flag, line: TypedLine, names: Names): Promise<Candidates> {
  if (flag.choices !== undefined) return words(flag.choices);
  const { long } = spelled(flag);
  if (/<(file|folder)>/.test(flag.spelling)) return 'files';
  switch (long) {
    case '--namespace':
      return await names.namespaces(line);
    case '--context':
      return await names.contexts(line);
    case '--id':
      return await names.issues(line, 'Active');
    case '--severity':
      return words(SEVERITIES);
    case '--state':
      return words(STATES);
    case '--type':
      return words(WELL_KNOWN_TYPES);
    case '--label-columns':
      return words(Object.values(LABELS));
    case '--sort-by':
      return words(['severity', 'since', '.metadata.name']);
    case '--output':
      return words(line.command?.name === 'groups' ? GROUP_OUTPUTS : OUTPUT_FORMATS);
    default:
      return [];
  }
}

const ACTIVE = new Set(['resolve', 'acknowledge', 'snooze', 'assign', 'due', 'comment']);
const ANY = new Set(['get', 'describe', 'open', 'logs', 'history', 'evidence', 'details']);
const FILES = new Set(['replay', 'import']);

export async function positionalCandidates(line: TypedLine, names: Names): Promise<Candidates> {
  const { command, positional, given } = line;
  const name = command?.name ?? '';
  const isFirst = positional.length === 0;
  if (FILES.has(name)) return 'files';
  if (ACTIVE.has(name) || ANY.has(name)) {
    // What is Active is what people look at; a past is asked for of what is over.
    const all = name === 'history' || name === 'describe' || given.has('--all');
    return fresh(await names.issues(line, all ? 'all' : 'Active'), positional);
  }
  switch (name) {
    case 'groups':
      return fresh(await names.groups(line), positional);
    case 'top':
      return fresh(words(TOP_OF), positional);
    case 'config':
      return isFirst ? words(CONFIG_ACTIONS) : positional[0] === 'validate' ? 'files' : [];
    case 'completion':
      return isFirst ? words(SHELLS) : [];
    case 'rule':
      return isFirst ? words(['test', 'backtest']) : 'files';
    case 'receiver':
      return isFirst ? words(['test']) : 'files';
    case 'new':
      return isFirst ? words(['controller']) : [];
    default:
      return [];
  }
}

function fresh(candidates: readonly Candidate[], typed: readonly string[]): readonly Candidate[] {
  return candidates.filter(({ text }) => !typed.includes(text));
}
