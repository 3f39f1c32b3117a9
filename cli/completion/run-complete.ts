import { oneLine } from '../../crds/text.ts';
import type { Runnable } from '../command.ts';
import { connectionFlags } from '../commands/kubeconfig-flags.ts';
import { NAMESPACE_FLAG } from '../commands/reading.ts';
import { EXIT } from '../exit.ts';
import type { Streams } from '../streams.ts';
import {
  type Candidates,
  commandCandidates,
  flagCandidates,
  type Names,
  positionalCandidates,
  valueCandidates,
} from './candidates.ts';
import { type TypedLine, understand } from './words.ts';

/** cobra's directives: files may follow, or not. */
const FILES = ':0';
const NO_FILES = ':4';

const SHARED = [NAMESPACE_FLAG, ...connectionFlags('The kubeconfig.')];

/**
 * `faultline __complete <words…>`: what may stand where the last word is being typed, for shells and for kubectl (see
 * COMPLETION_SCRIPTS). Never fails: a line that makes no sense has no candidates.
 */
export async function runComplete(
  typed: readonly string[],
  streams: Streams,
  commands: readonly Runnable[],
  names?: Names,
): Promise<number> {
  const words = typed.length === 0 ? [''] : typed;
  const first = understand(words, commands, SHARED);
  const described = await first.command?.load();
  const line = described === undefined ? first : understand(words, commands, SHARED, described);
  const all = await candidatesOf(line, described?.flags ?? SHARED, commands, names ?? (await fromServer(streams)));
  if (all === 'files') {
    streams.out.write(`${FILES}\n`);
    return EXIT.ok;
  }
  const lines = all
    .filter(({ text }) => text.startsWith(line.current))
    .map(({ text, about }) => {
      const word = oneLine(`${line.prefix}${text}`, 512);
      return about ? `${word}\t${oneLine(about, 120)}` : word;
    });
  streams.out.write([...lines, NO_FILES, ''].join('\n'));
  return EXIT.ok;
}

async function fromServer(streams: Streams): Promise<Names> {
  const { serverNames } = await import('./server-names.ts');
  return serverNames(streams);
}

async function candidatesOf(
  line: TypedLine,
  flags: Parameters<typeof flagCandidates>[0],
  commands: readonly Runnable[],
  names: Names,
): Promise<Candidates> {
  if (line.valueOf !== undefined) return await valueCandidates(line.valueOf, line, names);
  if (line.current.startsWith('-')) return flagCandidates(flags, line.given);
  if (line.command !== undefined) return await positionalCandidates(line, names);
  return line.positional.length > 0 ? [] : commandCandidates(commands, summariesOf(commands));
}

function summariesOf(commands: readonly Runnable[]): ReadonlyMap<string, string> {
  return new Map(commands.flatMap(({ name, summary }) => (summary === undefined ? [] : [[name, summary] as const])));
}
