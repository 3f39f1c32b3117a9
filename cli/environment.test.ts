import { expect, test } from 'vitest';
import type { Command } from './command.ts';
import { runnable } from './command.ts';
import { flagsOfEnvironment, variableOf } from './environment.ts';
import { parseFeatureGates } from './feature-gates.ts';
import { runProgram } from './program.ts';
import { recordedStreams } from './testing/recorded-streams.ts';

const FLAGS = [
  { spelling: '--tls-cert-file <file>', description: '' },
  { spelling: '-n, --name <names>', description: '', repeated: true },
  { spelling: '--cluster', description: '' },
  { spelling: '--format <format>', description: '', choices: ['json', 'lines'], default: 'json' },
];

test('a variable is called as its flag', () => {
  expect(FLAGS.map(variableOf)).toEqual([
    'FAULTLINE_TLS_CERT_FILE', 'FAULTLINE_NAME', 'FAULTLINE_CLUSTER', 'FAULTLINE_FORMAT',
  ]); // biome-ignore format: one line
});

test('variables are read as what their flags take, and empty ones and those of others say nothing', () => {
  const env = {
    ...{ FAULTLINE_TLS_CERT_FILE: 'a.crt', FAULTLINE_NAME: 'a,b', FAULTLINE_CLUSTER: 'true', FAULTLINE_FORMAT: '' },
    FAULTLINE_SERVICE_HOST: '10.0.0.1',
  };
  expect([...flagsOfEnvironment(FLAGS, env).values]).toEqual([
    ['tlsCertFile', 'a.crt'],
    ['name', ['a', 'b']],
    ['cluster', true],
  ]);
});

test('everything that is wrong is told at once', () => {
  expect(flagsOfEnvironment(FLAGS, { FAULTLINE_CLUSTER: 'yes', FAULTLINE_FORMAT: 'xml' }).faults).toEqual([
    '$FAULTLINE_CLUSTER must be true or false (is "yes")',
    '$FAULTLINE_FORMAT must be one of json, lines (is "xml")',
  ]);
});

test('faults of the environment and of flags are told together', async () => {
  const command: Command<Record<string, unknown>, object> = {
    ...{ name: 'x', summary: '', description: '', examples: [], flags: FLAGS, environment: true },
    complete: ({ flags }) => flags,
    validate: () => ['--tls-cert-file is missing'],
    run: async () => 0,
  };
  const streams = recordedStreams({ env: { FAULTLINE_CLUSTER: 'yes' } });
  const code = await runProgram(['x'], streams, { name: 'faultline', version: '0', commands: [runnable(command)] });
  expect([code, streams.err.text()]).toEqual([
    2,
    'error: $FAULTLINE_CLUSTER must be true or false (is "yes")\nerror: --tls-cert-file is missing\nSee faultline x --help\n',
  ]);
});

test('a typed flag is stronger than the environment, and that than the default', async () => {
  const seen: unknown[] = [];
  const command: Command<Record<string, unknown>, object> = {
    ...{ name: 'x', summary: '', description: '', examples: [], flags: FLAGS, environment: true },
    complete: ({ flags }) => flags,
    validate: () => [],
    run: async (options) => seen.push(options),
  };
  const env = { FAULTLINE_FORMAT: 'lines', FAULTLINE_TLS_CERT_FILE: 'env.crt' };
  for (const argv of [['x'], ['x', '--format', 'json']]) {
    await runProgram(argv, recordedStreams({ env }), {
      name: 'faultline',
      version: '0',
      commands: [runnable(command)],
    });
  }
  expect(seen).toEqual([
    { format: 'lines', tlsCertFile: 'env.crt' },
    { format: 'json', tlsCertFile: 'env.crt' },
  ]);
});

test('feature gates of a flag: what is wrong is told with what was probably meant', () => {
  expect(parseFeatureGates('IssueGroups=false, AllAlpha=true')).toEqual({
    gates: { IssueGroups: false, AllAlpha: true },
    faults: [],
  });
  expect(parseFeatureGates('IssueGroup=true,TextSearch=off').faults).toEqual([
    '--feature-gates: no feature is called "IssueGroup"; did you mean "IssueGroups"?',
    '--feature-gates: TextSearch must be true or false',
  ]);
});
