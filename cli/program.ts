import { CommanderError, Command as Program } from 'commander';
import { multiLine } from '../crds/text.ts';
import type { Runnable } from './command.ts';
import { EXIT, UsageError } from './exit.ts';
import type { Streams } from './streams.ts';
import { didYouMean } from './suggest.ts';

export interface ProgramOptions {
  /** As the user typed it: `faultline`, or `kubectl faultline` for the plugin. */
  readonly name: string;
  readonly version: string;
  readonly commands: readonly Runnable[];
}

/**
 * Parses the arguments, runs one command and answers the exit code. Never throws: every error is written to `err`, an
 * expected one as its own lines, any other with where it happened.
 */
export async function runProgram(argv: readonly string[], streams: Streams, options: ProgramOptions): Promise<number> {
  let exitCode: number = EXIT.ok;
  if (argv[0] === COMPLETE) return await complete(argv.slice(1), streams, options);
  const typed = commandFirst(argv.length === 0 && opensScreen(streams, options) ? ['ui'] : argv);
  try {
    const program = await createProgram(typed, streams, options, (code) => {
      exitCode = code;
    });
    requireTopic(typed, options);
    await program.parseAsync(typed.length === 0 ? ['--help'] : withoutEquals(typed, program), { from: 'user' });
    return exitCode;
  } catch (error) {
    const command = options.commands.find(({ name, aliases = [] }) => [name, ...aliases].includes(typed[0] ?? ''));
    return report(error, streams, command === undefined ? options.name : `${options.name} ${command.name}`);
  }
}

/** Commander shows the whole help for a command that there is not, and says nothing of it. */
function requireTopic([first, topic]: readonly string[], { commands }: ProgramOptions): void {
  if (first !== 'help' || topic === undefined || topic.startsWith('-') || topic === 'help') return;
  const names = commands.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
  if (!names.includes(topic)) throw new UsageError(`unknown command '${topic}'${didYouMean(topic, names)}`);
}

/** Who types the name alone on a terminal wants to see what is broken. */
function opensScreen({ terminal, env }: Streams, { commands }: ProgramOptions): boolean {
  return terminal !== undefined && env.TERM !== 'dumb' && commands.some(({ name }) => name === 'ui');
}

/** What shells ask while somebody types: it parses nothing, because what it is given is not complete. */
export const COMPLETE = '__complete';

async function complete(words: readonly string[], streams: Streams, { commands }: ProgramOptions): Promise<number> {
  const { runComplete } = await import('./completion/run-complete.ts');
  return await runComplete(words, streams, commands);
}

/** kubectl takes its flags before the command, too: `kubectl faultline -n shop get`. */
function commandFirst(argv: readonly string[]): readonly string[] {
  let at = 0;
  for (let word = argv[at]; word !== undefined; word = argv[at]) {
    if (word === '--insecure-skip-tls-verify') at += 1;
    else if (SHARED_FLAGS.has(word)) at += 2;
    else if (SHARED_FLAGS.has(word.replace(/=.*$/s, '')) || /^-n.+/s.test(word)) at += 1;
    else break;
  }
  const [command, ...rest] = argv.slice(at);
  return at === 0 || command === undefined ? argv : [command, ...argv.slice(0, at), ...rest];
}

const SHARED_FLAGS: ReadonlySet<string> = new Set([
  ...['-n', '--namespace', '--context', '--kubeconfig', '--server', '--token', '--as', '--as-group', '--as-uid'],
  ...['--certificate-authority', '--tls-server-name', '--client-certificate', '--client-key', '--request-timeout'],
]);

/**
 * kubectl takes `--watch=true` and `--watch=false`, because flags without a value are there, or not; and `-o=json`, where
 * commander would take `=json` for the value.
 */
function withoutEquals(words: readonly string[], program: Program): string[] {
  const [wanted = ''] = words;
  const command = program.commands.find((each) => each.name() === wanted || each.aliases().includes(wanted));
  const options = new Map(command?.options.flatMap((each) => [each.short, each.long].map((flag) => [flag, each])));
  let isValue = false;
  let isOver = false;
  return words.flatMap((word) => {
    // What follows a flag that takes a value is that value, whatever it looks like.
    const isGiven = isValue;
    isValue = !isGiven && !isOver && options.get(word)?.required === true;
    isOver ||= !isGiven && word === '--';
    if (isGiven || isOver) return [word];
    const [, flag = '', value = ''] = /^(-[a-zA-Z]|--[a-z-]+)=(.*)$/s.exec(word) ?? [];
    const option = options.get(flag);
    if (option === undefined) return [word];
    if (option.required || option.optional) return flag.startsWith('--') ? [word] : [flag, value];
    if (value !== 'true' && value !== 'false') throw new UsageError(`${flag} is there or not, and takes no ${value}`);
    return value === 'true' ? [flag] : [];
  });
}

async function createProgram(
  argv: readonly string[],
  streams: Streams,
  options: ProgramOptions,
  done: (exitCode: number) => void,
): Promise<Program> {
  const program = new Program(options.name)
    .description('What is broken in your Kubernetes cluster right now, as Kubernetes resources.')
    .version(options.version, '-V, --version', 'Print the version.')
    .helpOption('-h, --help', 'Print this help.')
    .commandsGroup('This program:')
    .helpCommand('help [command]', 'Print the help of a command.')
    .addHelpText('after', `\nBegin with:\n  ${options.name} up`)
    .showHelpAfterError(false)
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => streams.out.write(text),
      writeErr: (text) => streams.err.write(text),
      getOutHelpWidth: () => streams.out.columns,
      getErrHelpWidth: () => streams.err.columns,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  const [wanted] = argv.filter((word) => !word.startsWith('-') && word !== 'help');
  for (const command of options.commands) {
    program.commandsGroup(command.section ?? 'Commands:');
    const isWanted = command.name === wanted || command.aliases?.includes(wanted ?? '');
    if (command.list === undefined || isWanted) await command.addTo(program, streams, done);
    else command.list(program);
  }
  return program;
}

function report(error: unknown, streams: Streams, command: string): number {
  if (error instanceof CommanderError) {
    // Help and version are "errors" with code 0; what is wrong was already written by commander.
    if (error.exitCode === 0) return EXIT.ok;
    streams.err.write(`See ${command} --help\n`);
    return EXIT.usage;
  }
  if (error instanceof UsageError) {
    streams.err.write(`${prefixed(error.message)}\nSee ${command} --help\n`);
    return EXIT.usage;
  }
  if (streams.signal.aborted) return EXIT.interrupted;
  const message = error instanceof Error ? error.message : String(error);
  streams.err.write(`${isOurs(error) ? prefixed(message) : `error: ${stackOf(error)}`}\n`);
  return EXIT.failure;
}

// A message may quote a file or a server: nothing of it may move a cursor.
const MAX_BYTES = 64 * 1024;

function prefixed(message: string): string {
  return multiLine(message, MAX_BYTES)
    .split('\n')
    .map((line) => `error: ${line}`)
    .join('\n');
}

// Errors that were made to be read carry a name of ours; a stack is for those that nobody expected.
const UNEXPECTED = new Set(['TypeError', 'ReferenceError', 'RangeError', 'SyntaxError', 'AssertionError']);

function isOurs(error: unknown): boolean {
  return error instanceof Error && !UNEXPECTED.has(error.name);
}

function stackOf(error: unknown): string {
  return multiLine(error instanceof Error ? (error.stack ?? error.message) : String(error), MAX_BYTES);
}
