import { type Command as Commander, Option } from 'commander';
import { OVERRIDES_IN_ONE_LINE } from './commands/kubeconfig-flags.ts';
import { flagsOfEnvironment } from './environment.ts';
import { UsageError } from './exit.ts';
import type { Streams } from './streams.ts';

/**
 * A command as kubectl builds them: Complete (flags, environment and files become one options struct), Validate (all
 * that contradicts, at once), Run (over injected streams, answers an exit code).
 */
export interface Command<Flags, Options> {
  readonly name: string;
  /** Other words for it. */
  readonly aliases?: readonly string[];
  /** For example `<folder|file|->`. */
  readonly parameters?: string;
  /** One line for the list of commands. */
  readonly summary: string;
  readonly description: string;
  readonly examples: readonly Example[];
  readonly flags: readonly Flag[];
  /** Its flags may be said by the environment, too: `FAULTLINE_LISTEN` is `--listen`. */
  readonly environment?: true;
  complete(given: Given<Flags>, streams: Streams): Options | Promise<Options>;
  /** What is wrong with the options, one line each. */
  validate(options: Options): readonly string[];
  run(options: Options, streams: Streams): Promise<number>;
}

export interface Example {
  readonly comment: string;
  readonly line: string;
}

export interface Flag {
  /** In commander's form: `-o, --output <format>`. */
  readonly spelling: string;
  readonly description: string;
  readonly choices?: readonly string[];
  readonly default?: string | boolean | readonly string[];
  /** May be given several times. */
  readonly repeated?: boolean;
  /** Named in one line of `--help`, and described once in docs/cli.md. */
  readonly hidden?: boolean;
}

/** What was typed: positional arguments, and flags by their camelCase name. */
export interface Given<Flags> {
  readonly parameters: readonly string[];
  readonly flags: Flags;
}

/** A command that can be added to a program, whatever its options are. */
export interface Runnable {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** Of the list of commands. */
  readonly summary?: string;
  /** Under which heading of that list. Default: `Commands:`. */
  readonly section?: string;
  /** For programs, not for people: in no list of commands. */
  readonly hidden?: boolean;
  /** As `addTo` without its flags and its code: what the list of commands shows. Absent: `addTo` costs nothing. */
  list?(program: Commander): void;
  /** The command itself, for who needs more than to run it. */
  load(): Promise<Described>;
  addTo(program: Commander, streams: Streams, done: (exitCode: number) => void): void | Promise<void>;
}

/** What the documentation says of a command. */
export type Described = Pick<
  Command<never, never>,
  'name' | 'aliases' | 'parameters' | 'summary' | 'description' | 'examples' | 'flags'
>;

/** What is known of a command before it is loaded; a test holds it to what the command says. */
export type Listed = Pick<Described, 'name' | 'aliases' | 'parameters' | 'summary'> & Pick<Runnable, 'hidden'>;

/** A command that is loaded when it is the one that runs: every other start is not slowed down by it. */
export function lazy<Flags, Options>(listed: Listed, load: () => Promise<Command<Flags, Options>>): Runnable {
  return {
    ...{ name: listed.name, summary: listed.summary },
    ...(listed.aliases && { aliases: listed.aliases }),
    ...(listed.hidden && { hidden: true }),
    load,
    list: (program) =>
      void program
        .command(usageOf(listed), { hidden: listed.hidden ?? false })
        .aliases(listed.aliases ?? [])
        .summary(listed.summary)
        .description(listed.summary),
    addTo: async (program, streams, done) => runnable(await load()).addTo(program, streams, done),
  };
}

function usageOf({ name, parameters }: Listed): string {
  return parameters === undefined ? name : `${name} ${parameters}`;
}

/** Binds the three steps of a command to a program. */
export function runnable<Flags, Options>(command: Command<Flags, Options>): Runnable {
  return {
    name: command.name,
    ...(command.aliases && { aliases: command.aliases }),
    load: async () => command,
    addTo(program, streams, done) {
      const added = program
        .command(usageOf(command))
        .aliases(command.aliases ?? [])
        .summary(command.summary)
        .description(command.description)
        .addHelpText('after', examplesText(command))
        .action(async (...received: unknown[]) => {
          // Commander appends the flags and itself to the positional arguments.
          const [flags] = received.slice(-2) as [Flags];
          const parameters = received
            .slice(0, -2)
            .flat()
            .filter((one) => typeof one === 'string');
          const told = flagsOfEnvironment(command.environment ? command.flags : [], streams.env);
          const weaker = [...told.values].filter(([name]) => added.getOptionValueSource(name) !== 'cli');
          const given = { parameters, flags: { ...flags, ...Object.fromEntries(weaker) } };
          const options = await command.complete(given, streams);
          const faults = [...told.faults, ...command.validate(options)];
          if (faults.length > 0) throw new UsageError(faults.join('\n'));
          done(await command.run(options, streams));
        });
      for (const flag of command.flags) added.addOption(toOption(flag));
    },
  };
}

function toOption(flag: Flag): Option {
  const option = new Option(flag.spelling, flag.description);
  if (flag.choices) option.choices(flag.choices);
  if (flag.default !== undefined) option.default(flag.default);
  if (flag.hidden) option.hideHelp();
  if (flag.repeated) {
    option.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
  }
  return option;
}

function examplesText({ examples, flags }: Pick<Described, 'examples' | 'flags'>): string {
  const more = flags.some(({ hidden }) => hidden) ? `\n${OVERRIDES_IN_ONE_LINE}\n` : '';
  return `${more}\nExamples:\n${examples.map(({ comment, line }) => `  # ${comment}\n  ${line}`).join('\n\n')}`;
}
