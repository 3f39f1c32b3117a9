import { describe, expect, it } from 'vitest';
import { type Command, runnable } from './command.ts';
import { commands } from './commands/index.ts';
import { ConfigurationError } from './configuration/fault.ts';
import { Failure } from './exit.ts';
import { runProgram } from './program.ts';
import { recordedStreams } from './testing/recorded-streams.ts';

/** A command that fails, or not, as the test says. */
const stub = (run: () => Promise<number>): Command<{ size?: string }, { size: string }> => ({
  name: 'stub',
  parameters: '[what]',
  summary: 'Stub.',
  description: 'A stub.',
  examples: [{ comment: 'As it is', line: 'faultline stub' }],
  flags: [{ spelling: '--size <size>', description: 'How large.', choices: ['small', 'large'] }],
  complete: ({ flags, parameters }) => ({ size: flags.size ?? parameters[0] ?? 'small' }),
  validate: ({ size }) => (size === 'large' ? ['large is too large', 'and large is not small'] : []),
  run,
});
const run = async (argv: string[], action: () => Promise<number> = async () => 0) => {
  const streams = recordedStreams();
  const exitCode = await runProgram(argv, streams, {
    name: 'faultline',
    version: '1.2.3',
    commands: [runnable(stub(action))],
  });
  return { exitCode, out: streams.out.text(), err: streams.err.text() };
};

describe('the exit code', () => {
  it('is what the command answers', async () => {
    expect(await run(['stub'], async () => 10)).toEqual({ exitCode: 10, out: '', err: '' });
  });

  it.each([
    [['stbu'], "error: unknown command 'stbu'\n(Did you mean stub?)\nSee faultline --help\n"],
    [['stub', '--sise', 'x'], "error: unknown option '--sise'\n(Did you mean --size?)\nSee faultline stub --help\n"],
    [['stub', '--size', 'huge'], /Allowed choices are small, large\.\nSee faultline stub --help\n$/],
    [['stub', 'a', 'b'], /^error: too many arguments/],
    [['help', 'stbu'], 'error: unknown command \'stbu\'; did you mean "stub"?\nSee faultline --help\n'],
    [['stub', '--help=maybe'], /^error: /],
    [
      ['stub', '--size', 'large'],
      'error: large is too large\nerror: and large is not small\nSee faultline stub --help\n',
    ],
  ])('of %j is 2, with what to do', async (argv, err) => {
    expect(await run(argv)).toMatchObject({
      exitCode: 2,
      out: '',
      err: typeof err === 'string' ? err : expect.stringMatching(err),
    });
  });

  it('of an expected failure is 1, with its lines and no stack', async () => {
    const failing = async () => {
      throw new Failure('the port is taken: choose another');
    };
    expect(await run(['stub'], failing)).toEqual({
      exitCode: 1,
      out: '',
      err: 'error: the port is taken: choose another\n',
    });
    const faulty = async () => {
      throw new ConfigurationError('f.yaml', [
        { line: 2, column: 1, path: 'b', message: 'second' },
        { line: 1, column: 1, path: 'a', message: 'first' },
      ]);
    };
    expect((await run(['stub'], faulty)).err).toBe('error: f.yaml:1:1: a: first\nerror: f.yaml:2:1: b: second\n');
  });

  it('of a fault of ours is 1, with where it happened', async () => {
    const broken = async () => {
      throw new TypeError('x is not a function');
    };
    const { exitCode, err } = await run(['stub'], broken);
    expect(exitCode).toBe(1);
    expect(err).toMatch(/^error: TypeError: x is not a function\n\s+at /);
  });

  it.each([[['--help']], [['stub', '--help']], [['--version']], [[]]])('of %j is 0', async (argv) => {
    expect(await run(argv)).toMatchObject({ exitCode: 0, err: '' });
  });
});

describe('the help', () => {
  const help = async (...argv: string[]) => {
    const streams = recordedStreams();
    await runProgram([...argv, '--help'], streams, { name: 'faultline', version: '1.2.3', commands });
    return streams.out.text();
  };

  it('lists every command', async () => {
    const text = await help();
    for (const { name } of commands) expect(text).toMatch(new RegExp(`^  ${name}[ |]`, 'm'));
  });

  it.each(commands.map(({ name }) => name))('of %s is wrapped at the width of the terminal only', async (name) => {
    const [, description = ''] = (await help(name)).split('\n\n');
    for (const line of description.split('\n').slice(0, -1)) expect(line.length).toBeGreaterThan(60);
  });

  it.each(commands.map(({ name }) => name))('of %s has examples', async (name) => {
    expect(await help(name)).toMatch(/Examples:\n {2}# .+\n {2}faultline /);
  });
});

it.each([
  [['-n', 'shop', 'nothing']],
  [['--namespace=shop', '--context', 'c', 'nothing']],
  [['--kubeconfig', 'x', '-nshop', 'nothing']],
])('%j: the flags of kubectl may come before the command', async (argv) => {
  expect((await run(argv)).err).toBe("error: unknown command 'nothing'\nSee faultline --help\n");
});

it.each([
  [['--reason', '-n=5'], { reason: '-n=5' }],
  [['-n', '--reason=x', '-n=shop'], { namespace: 'shop' }],
  [['-n', '--now=false', '--now=true'], { namespace: '--now=false', now: true }],
  [['--reason', '--', '-n=shop'], { reason: '--', namespace: 'shop' }],
  [['--reason=-n=5', '-n=shop', '--now=false'], { reason: '-n=5', namespace: 'shop' }],
  [['--now', '-n=shop', '--', '-n=5'], { now: true, namespace: 'shop', what: '-n=5' }],
])('%j: a value is what was typed, whatever it looks like', async (argv, given) => {
  const seen: object[] = [];
  const command: Command<{ reason?: string; namespace?: string; now?: boolean }, object> = {
    ...{ name: 'stub', parameters: '[what]', summary: 'Stub.', description: 'A stub.', examples: [] },
    flags: [
      { spelling: '-n, --namespace <namespace>', description: 'Where.' },
      { spelling: '--reason <text>', description: 'Why.' },
      { spelling: '--now', description: 'When.' },
    ],
    complete: ({ flags, parameters: [what] }) => ({ ...flags, ...(what !== undefined && { what }) }),
    validate: () => [],
    run: async (options) => seen.push(options) - 1,
  };
  const streams = recordedStreams();
  await runProgram(['stub', ...argv], streams, { name: 'faultline', version: '1', commands: [runnable(command)] });
  expect([seen, streams.err.text()]).toEqual([[given], '']);
});

describe('the list of commands', () => {
  it('has every command in a section, and each once', () => {
    expect(commands.filter(({ section }) => section === 'More:').map(({ name }) => name)).toEqual([]);
    expect(new Set(commands.map(({ name }) => name)).size).toBe(commands.length);
  });

  it.each(commands.map((command) => [command.name, command] as const))(
    'says of %s what it says itself',
    async (_, one) => {
      const listed: string[] = [];
      const { list: _list, ...eager } = one;
      for (const command of [one, eager]) {
        const streams = recordedStreams();
        await runProgram(['--help'], streams, { name: 'faultline', version: '1.2.3', commands: [command] });
        listed.push(streams.out.text().replaceAll('[options]', '').replaceAll(/\s+/g, ' '));
      }
      expect(listed[0]).toBe(listed[1]);
    },
  );
});
