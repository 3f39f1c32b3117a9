import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { commands } from '../../cli/commands/index.ts';
import { createLog } from '../../cli/log.ts';
import { runProgram } from '../../cli/program.ts';
import { recordedOutput, recordedStreams } from '../../cli/testing/recorded-streams.ts';
import { type HostileServer, poisoned, startHostileServer } from './hostile-server.ts';

/**
 * Control characters never reach a terminal (design.md decision 16): every command that prints what somebody else wrote, in
 * every form, with a server and with files that are against us.
 */
let server: HostileServer;
let directory: string;

beforeAll(async () => {
  server = await startHostileServer();
  directory = await mkdtemp(join(tmpdir(), 'faultline-terminal-'));
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'x',
    contexts: [{ name: 'x', context: { cluster: 'x', user: 'x', namespace: 'shop' } }],
    clusters: [{ name: 'x', cluster: { server: server.url } }],
    users: [{ name: 'x', user: { token: 'x' } }],
  };
  await writeFile(join(directory, 'kubeconfig'), JSON.stringify(kubeconfig));
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

const OUTPUTS = [
  'wide',
  'json',
  'yaml',
  'name',
  'csv',
  'markdown',
  'jsonpath={..title}',
  'custom-columns=A:.spec.title,B:.metadata.name',
];

/** What is run of each command, or why there is nothing to run. A new command has to say. */
const LINES: Readonly<Record<string, readonly (readonly string[])[] | string>> = {
  get: [['-A'], ['a'], ['-n', 'shop', '-w'], ...OUTPUTS.map((format) => ['-A', '-o', format])],
  search: [['failed', '-A'], ...OUTPUTS.map((format) => ['failed', '-A', '-o', format])],
  describe: [['a', '-n', 'shop']],
  open: [
    ['a', '--print'],
    ['a', '--print', '--link', 'docs'],
  ],
  explain: [['pod/a'], ['pod/a', '-o', 'json'], ['pod/a', '-o', 'yaml']],
  history: [['a'], ['a', '-o', 'json'], ['a', '-o', 'yaml']],
  groups: [[], ['a'], ['-o', 'yaml']],
  top: [[], ['components']],
  stats: [['-A'], ['-A', '-o', 'yaml']],
  logs: [['a'], ['a', '--live']],
  doctor: [[], ['-o', 'yaml']],
  list: [[]],
  details: [['-i', 'a']],
  report: [
    ['-f', 'report.yaml', '--dry-run'],
    ['-f', 'broken.yaml'],
    ['-f', 'report.yaml', '--dry-run', '-o', 'json'],
  ],
  config: [
    ['validate', 'broken.yaml'],
    ['view', '--config', 'faultline.yaml'],
  ],
  evidence: [['a'], ['a', '-o', 'json']],
  resolve: [['a']],
  acknowledge: [['a']],
  snooze: [['a', '--for', '1h']],
  assign: [['a']],
  due: [['a', '--in', '1d']],
  comment: [['a', 'a word']],
  replay: [['objects.yaml'], ['objects.yaml', '-o', 'json'], ['broken.yaml']],
  rule: [
    ['test', 'rule.yaml', 'objects.yaml'],
    ['test', 'broken.yaml', 'objects.yaml'],
  ],
  receiver: [
    ['test', 'receiver.yaml', 'payload.json'],
    ['test', 'broken.yaml', 'payload.json'],
  ],
  rbac: [
    ['--config', 'faultline.yaml'],
    ['--config', 'broken.yaml'],
  ],
  up: 'prints counts and its own paths; what it tells of clusters is the log, which is tested below',
  server: 'the log, which is tested below',
  controllers: 'the log, which is tested below',
  new: 'prints what was typed, and its own paths',
  record: 'prints kinds that were typed, and counts',
  import: 'prints counts',
  conformance: 'prints its own items; what a server answered is quoted by escapeControls (cli/conformance)',
  version: [[]],
  migrate: 'prints names of migrations, which are ours',
  backup: 'prints counts and the path that was typed',
  restore: 'prints counts and the path that was typed',
  uninstall: [[]],
  completion: 'prints scripts of its own',
  'trusted-tasks': 'asks a registry and no cluster: its own test has a hostile one',
  ui: 'cli/tui has a test of its own: what comes from a server is cleaned where it enters the state',
};

test('every command says how it is tested here', () => {
  expect(Object.keys(LINES).sort()).toEqual(commands.map(({ name }) => name).sort());
});

const objects = {
  apiVersion: 'tekton.dev/v1',
  kind: 'PipelineRun',
  metadata: { name: 'run-1', namespace: 'shop', uid: 'u', creationTimestamp: '2026-11-20T10:00:00Z' },
  spec: { pipelineRef: { name: 'build' } },
  status: {
    completionTime: '2026-11-20T10:00:00Z',
    conditions: [
      {
        type: 'Succeeded',
        status: 'False',
        reason: 'Failed',
        message: 'it broke',
        lastTransitionTime: '2026-11-20T10:00:00Z',
      },
    ],
  },
};
const rule = (title: string) => ({
  apiVersion: 'config.faultline.dev/v1alpha1',
  kind: 'IssueRule',
  metadata: { name: 'x', namespace: 'shop' },
  spec: {
    watch: { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun' },
    findings: [{ key: 'x', when: 'true', type: 'build', severity: 'major', reason: 'Failed', title }],
  },
});
const receiver = {
  kind: 'ClusterWebhookReceiver',
  apiVersion: 'config.faultline.dev/v1alpha1',
  metadata: { name: 'x' },
  spec: {
    authentication: { token: { sha256: 'a'.repeat(64) } },
    namespace: "'shop'",
    subject: "{'apiVersion': 'v1', 'kind': 'Pod', 'name': payload.name}",
    findings: "[{'key': 'x', 'type': 'build', 'severity': 'major', 'reason': 'Failed', 'title': payload.title}]",
  },
};

const REPORT = {
  source: 'ci',
  namespace: 'shop',
  subject: { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'a' },
  order: { class: 'received' },
  body: { complete: true, findings: [] },
};

/** Files whose texts end in `text`. YAML takes control characters only as escapes, which JSON writes. */
async function writeFiles(text: string): Promise<void> {
  const { metadata, ...rest } = objects;
  const files = {
    'objects.yaml': {
      ...(poisoned(rest, text) as object),
      apiVersion: rest.apiVersion,
      kind: rest.kind,
      metadata,
      status: {
        ...rest.status,
        conditions: rest.status.conditions.map((one) => ({ ...one, message: `it broke${text}` })),
      },
    },
    'rule.yaml': rule(`it broke${text}`),
    'receiver.yaml': receiver,
    'report.yaml': poisoned(REPORT, text),
    'payload.json': poisoned({ name: 'a', title: 'it broke' }, text),
    'broken.yaml': { kind: `Nothing${text}`, [`key${text}`]: text, metadata: { name: text } },
    'faultline.yaml': {
      apiVersion: 'config.faultline.dev/v1alpha1',
      kind: 'FaultlineConfiguration',
      namespaces: ['shop'],
    },
  };
  await Promise.all(
    Object.entries(files).map(([name, content]) => writeFile(join(directory, name), JSON.stringify(content))),
  );
}

/** C0 without line feed and tab, C1, line separators, directions of writing; colours and bars of ours are taken out first. */
const ACTS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
const COLOURS = /\u001b\[[0-9;]*m|\r\u001b\[2K/g;

const hostile = fc
  .array(
    fc.constantFrom(
      '\u001b[2J', '\u001b]0;title\u0007', '\u001b]8;;https://evil.example\u001b\\', '\u009b31m', '\u0007', '\b', '\r', '\u0000', '\u007f',
      '\u202e', '\u2066', '\u200f', '\u2028', '\u0085', '\u001bP1$r\u001b\\', '\u001b', 'x', ' ', '\n', '\t', '"', "'", ',', '|', '=cmd()', '日本', '\ud83d',
    ), // biome-ignore format: a list of characters
    { minLength: 1, maxLength: 6 },
  )
  .map((parts) => parts.join(''));

async function printed(name: string, line: readonly string[], isTTY: boolean): Promise<string> {
  const stop = new AbortController();
  const [out, err] = [recordedOutput({ isTTY }), recordedOutput({ isTTY })];
  const streams = recordedStreams({
    out,
    err,
    directory,
    signal: stop.signal,
    env: { KUBECONFIG: 'kubeconfig', TERM: 'xterm' },
  });
  const running = runProgram([name, ...line], streams, { name: 'faultline', version: '0', commands });
  // A watch goes on for ever: until it has printed what came, or asks again.
  if (line.includes('-w')) {
    const deadline = Date.now() + 300;
    while (Date.now() < deadline && !/again|MODIFIED/.test(err.text()))
      await new Promise((again) => setTimeout(again, 5));
    stop.abort();
  }
  await running;
  return out.text() + err.text();
}

const RUNS = Object.entries(LINES).flatMap(([name, lines]) =>
  typeof lines === 'string' ? [] : lines.map((line) => [name, line] as const),
);

/** They open a database of their own. */
const SLOW = ['replay', 'rule'];

test.each(RUNS)('%s %j', { timeout: 120_000 }, async (name, line) => {
  let longest = 0;
  await fc.assert(
    fc.asyncProperty(hostile, fc.boolean(), fc.boolean(), async (text, refused, isTTY) => {
      server.say(text, refused);
      await writeFiles(text);
      const shown = (await printed(name, line, isTTY)).replace(COLOURS, '');
      longest = Math.max(longest, shown.length);
      expect(ACTS.exec(shown)?.[0] ?? '', JSON.stringify(shown)).toBe('');
    }),
    { numRuns: SLOW.includes(name) ? 1 : 4 },
  );
  expect(longest).toBeGreaterThan(0);
});

test.each(['lines', 'json'] as const)('the log as %s', (format) => {
  fc.assert(
    fc.property(hostile, fc.boolean(), (text, isTTY) => {
      const err = recordedOutput({ isTTY });
      const log = createLog({ level: 'debug', format }, err, { TERM: 'xterm' });
      const error = new Error(`a${text}`, { cause: new Error(`b${text}`) });
      log.warn({ [`k${text}`]: text, deep: { [text]: [text] }, error, err: error }, `message ${text}`);
      expect(ACTS.exec(err.text().replace(COLOURS, ''))?.[0] ?? '', JSON.stringify(err.text())).toBe('');
    }),
  );
});
