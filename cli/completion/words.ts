import type { Described, Flag, Runnable } from '../command.ts';

/** A command line that is being typed, as far as it is understood. Pure. */
export interface TypedLine {
  /** Undefined: the command itself is being typed. */
  readonly command: Runnable | undefined;
  /** Positional words before the current one. */
  readonly positional: readonly string[];
  /** Values of flags so far, by their long names. */
  readonly given: ReadonlyMap<string, readonly string[]>;
  /** The flag whose value is being typed. */
  readonly valueOf: Flag | undefined;
  /** What is being typed: the value alone, without `--flag=` and without the parts of a list that are complete. */
  readonly current: string;
  /** What candidates begin with beside their own text. */
  readonly prefix: string;
}

export interface Spelled {
  readonly flag: Flag;
  readonly long: string;
  readonly short: string | undefined;
  readonly takesValue: boolean;
}

/** `-n, --namespace <namespace>` as its parts. */
export function spelled(flag: Flag): Spelled {
  const [names = '', value] = flag.spelling.split(/\s(?=[<[])/);
  const long = /--[a-z][-a-z0-9]*/.exec(names)?.[0] ?? '';
  return { flag, long, short: /(?:^|\s)(-[a-zA-Z])\b/.exec(names)?.[1], takesValue: value !== undefined };
}

/** `words`: everything after `faultline`, the last being typed. `described`: of the command, once it is known. */
export function understand(
  words: readonly string[],
  commands: readonly Runnable[],
  shared: readonly Flag[],
  described?: Pick<Described, 'flags'>,
): TypedLine {
  const flags = [...(described?.flags ?? shared)].map(spelled);
  const flagOf = (word: string) => flags.find(({ long, short }) => long === word || short === word);
  const before = words.slice(0, -1);
  const typed = words.at(-1) ?? '';
  const positional: string[] = [];
  const given = new Map<string, string[]>();
  let command: Runnable | undefined;
  let waiting: Spelled | undefined;
  for (const word of before) {
    if (waiting !== undefined) {
      given.set(waiting.long, [...(given.get(waiting.long) ?? []), word]);
      waiting = undefined;
    } else if (word.startsWith('-')) {
      const [name = '', ...value] = word.split('=');
      const flag = flagOf(name);
      if (flag?.takesValue && value.length === 0) waiting = flag;
      else if (flag !== undefined) given.set(flag.long, [...(given.get(flag.long) ?? []), value.join('=')]);
    } else if (command === undefined && (word !== 'help' || positional.length > 0)) {
      command = commands.find(({ name, aliases = [] }) => name === word || aliases.includes(word));
      if (command === undefined) positional.push(word);
    } else if (word !== 'help') positional.push(word);
  }
  const inline = /^(--[a-z][-a-z0-9]*)=(.*)$/s.exec(typed);
  const pending = waiting ?? (inline === null ? undefined : flagOf(inline[1] ?? ''));
  const value = waiting === undefined && inline !== null ? (inline[2] ?? '') : typed;
  const lead = waiting === undefined && inline !== null ? `${inline[1]}=` : '';
  // `critical,ma`: the last of a list.
  const comma = pending?.flag.repeated ? value.lastIndexOf(',') + 1 : 0;
  return {
    ...{ command, positional, given, valueOf: pending?.flag },
    current: value.slice(comma),
    prefix: `${lead}${value.slice(0, comma)}`,
  };
}
