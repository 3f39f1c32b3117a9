import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { recordedLine } from '../../controllers/runtime/recorded-stream.ts';
import { FakeApiServer } from '../../controllers/testing/fake-api-server.ts';
import { startCommand } from '../testing/running-command.ts';

const d = '$';
const RULE = `kind: ClusterIssueRule
metadata: {name: claims}
spec:
  watches:
    apiVersion: v1
    kind: PersistentVolumeClaim
    selector: {matchLabels: {tier: data}}
    namespaces: ['shop*']
  when: object.status.phase == 'Pending'
  since: "has(object.status.at) ? object.status.at : null"
  for: 5m
  findings:
    - key: phase
      type: workload
      severity: major
      reason: Pending
      title: ${d}{object.metadata.name} asks for ${d}{object.spec.size}
`;
const NOW = '2026-11-21T10:00:00Z';

function claim(name: string, more: object = {}, metadata: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace: 'shop', uid: name, labels: { tier: 'data' }, ...metadata },
    spec: { size: '1Gi' },
    ...more,
  };
}
const pending = (at?: string) => ({ status: { phase: 'Pending', ...(at ? { at } : {}) } });
const bound = { status: { phase: 'Bound' } };

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rule-'));
  await writeFile(join(directory, 'rule.yaml'), RULE);
});
afterAll(() => rm(directory, { recursive: true }));

async function rule(
  argv: readonly string[],
  input: unknown[] = [],
): Promise<{ code: number; out: string; err: string }> {
  const stdin = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: input });
  const command = startCommand(['rule', ...argv], { directory, in: Readable.from([Buffer.from(stdin)]) });
  return { code: await command.exitCode, out: command.out.text(), err: command.err.text() };
}

describe('faultline rule test', () => {
  test('says of each object what would be reported, or why nothing', async () => {
    const { code, out, err } = await rule(
      ['test', 'rule.yaml', '-', '--now', NOW],
      [
        claim('old', pending('2026-11-21T09:00:00Z')),
        claim('unknown', pending()),
        claim('young', pending('2026-11-21T09:58:00Z')),
        claim('fine', bound),
        claim('new'),
        claim('other', bound, { labels: {} }),
        claim('away', bound, { namespace: 'docs' }),
        { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' } },
      ],
    );
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.split('\n')).toEqual([
      'PersistentVolumeClaim shop/old: fails',
      '  about PersistentVolumeClaim shop/old in namespace shop since 2026-11-21T09:00:00Z',
      '  phase: major workload Pending: old asks for 1Gi',
      'PersistentVolumeClaim shop/unknown: fails after 5m of it',
      '  about PersistentVolumeClaim shop/unknown in namespace shop',
      '  phase: major workload Pending: unknown asks for 1Gi',
      'PersistentVolumeClaim shop/young: wrong since 2026-11-21T09:58:00Z, held until 2026-11-21T10:03:00Z',
      'PersistentVolumeClaim shop/fine: healthy',
      '  about PersistentVolumeClaim shop/fine in namespace shop',
      'PersistentVolumeClaim shop/new: no verdict',
      '  rule.yaml:9:15: spec.when: there is no object.status',
      "    object.status.phase == 'Pending'",
      '          ^',
      'PersistentVolumeClaim shop/other: not looked at: its labels do not match tier=data',
      'PersistentVolumeClaim docs/away: not looked at: its namespace is not among shop*',
      'clusterrule.claims: 5 PersistentVolumeClaim objects: 2 with findings, 1 healthy, 1 held, 1 without a verdict',
      '',
    ]);
  });

  test('points at the expression that fails, and exits with 1', async () => {
    const { code, out } = await rule(['test', 'rule.yaml', '-'], [claim('odd', { ...pending(), spec: {} })]);
    expect(code).toBe(1);
    expect(out).toContain(
      '  rule.yaml:17:60: spec.findings[0].title: there is no object.spec.size\n' +
        `    ${d}{object.metadata.name} asks for ${d}{object.spec.size}\n` +
        '                                                  ^\n',
    );
  });

  test('exits with 10 when asked and something is found; writes what would be reported', async () => {
    const yaml = await rule(['test', 'rule.yaml', '-', '--exit-code', '-o', 'yaml'], [claim('old', pending())]);
    expect(yaml.code).toBe(10);
    expect(parse(yaml.out)).toMatchObject({
      rule: 'clusterrule.claims',
      fields: ['spec.size', 'status.at', 'status.phase'],
      objects: [{ verdict: 'failing', report: { namespace: 'shop', body: { findings: [{ key: 'phase' }] } } }],
    });
    const json = await rule(['test', 'rule.yaml', '-', '--exit-code', '-o', 'json'], [claim('fine', bound)]);
    expect([json.code, (JSON.parse(json.out) as { objects: object[] }).objects]).toEqual([
      0,
      [expect.objectContaining({ verdict: 'healthy' })],
    ]);
  });

  test('refuses a rule with all its faults, at their line and column', async () => {
    const bad = RULE.replace('object.status.phase ==', 'objct.status.phase ==').replace(
      'severity: major',
      'severity: bad',
    );
    await writeFile(join(directory, 'bad.yaml'), bad.replace('kind: Pers', 'kid: Pers'));
    expect(await rule(['test', 'bad.yaml', '-'])).toEqual({
      code: 1,
      out: '',
      err: 'error: bad.yaml:4:3: spec.watches.kind: is required\nerror: bad.yaml:6:5: spec.watches.kid: is not allowed\n',
    });
    await writeFile(join(directory, 'bad.yaml'), bad);
    expect((await rule(['test', 'bad.yaml', '-'])).err).toBe(
      'error: bad.yaml:9:9: spec.when: nothing is called objct; there is object, conditions, now\n' +
        'error: bad.yaml:15:17: spec.findings[0].severity: must be one of critical, major, minor, info\n',
    );
  });

  test('says what is missing of its arguments', async () => {
    const faults = [
      [['try', 'rule.yaml'], 'write rule test or rule backtest'],
      [['test', '-', 'x'], 'name the file of the rule'],
      [['test', 'rule.yaml'], 'name files of objects, or ask a live cluster with --cluster'],
      [['test', 'rule.yaml', 'x', '--now', 'soon'], '"soon" is no RFC 3339 time'],
      [['backtest', 'rule.yaml'], 'name a recorded stream with --from'],
      [['backtest', 'rule.yaml', '--from', 'x', '--since', 'long'], '"long" is no duration'],
    ] as const;
    for (const [argv, message] of faults) {
      expect(await rule(argv)).toMatchObject({ code: 2, err: expect.stringContaining(message) });
    }
    expect(await rule(['test', 'nope.yaml', 'x'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('no such file'),
    });
    expect(await rule(['test', 'rule.yaml', 'nowhere'])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^error: cannot read [^\n]*nowhere: no such file or folder\n$/),
    });
  });
});

describe('faultline rule test --cluster', () => {
  const WIDGETS = RULE.replace('apiVersion: v1\n', 'apiVersion: example.com/v1\n')
    .replace('kind: PersistentVolumeClaim', 'kind: Widget')
    .replace(/ {4}selector.*\n.*\n/, '')
    .replace('object.status.phase', 'object.spec.value')
    .replace(/asks for .*/, 'is ill');

  test('asks for the objects that the rule would watch, once, and says what it may not or cannot have', async () => {
    await using api = await FakeApiServer.start();
    api.put('shop', 'a', 'Pending');
    api.put('docs', 'b', 'Bound');
    const cluster = { name: 'c', cluster: { server: api.url } };
    const context = { name: 'c', context: { cluster: 'c', user: 'c' } };
    const kubeconfig = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'c',
      clusters: [cluster],
      contexts: [context],
    };
    await writeFile(join(directory, 'kubeconfig'), JSON.stringify({ ...kubeconfig, users: [{ name: 'c', user: {} }] }));
    await writeFile(join(directory, 'widgets.yaml'), WIDGETS);
    const argv = ['test', 'widgets.yaml', '--kubeconfig', 'kubeconfig'];
    const { code, out, err } = await rule(argv);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^Widget docs\/b: healthy$[\s\S]*^Widget shop\/a: fails after 5m of it$/m);
    expect((await rule([...argv, '-n', 'docs'])).out).toContain('clusterrule.claims: 1 Widget object: 1 healthy');
    api.installed = false;
    expect(await rule(argv)).toMatchObject({ code: 1, err: expect.stringMatching(/does not serve Widget/) });
  });
});

describe('faultline rule backtest', () => {
  const change = (at: string, type: 'ADDED' | 'MODIFIED' | 'DELETED', object: object): string =>
    recordedLine({ at: `2026-11-20T${at}:00Z`, type, object: object as never });
  const stream = [
    change('09:00', 'ADDED', claim('a', bound)),
    change('09:00', 'ADDED', claim('b', pending())),
    // Over before five minutes are.
    change('09:10', 'MODIFIED', claim('a', pending())),
    change('09:14', 'MODIFIED', claim('a', bound)),
    ...[20, 30, 40, 50].flatMap((minute) => [
      change(`10:${minute}`, 'MODIFIED', claim('a', pending())),
      change(`10:${minute + 7}`, 'MODIFIED', claim('a', bound)),
    ]),
    change('11:00', 'DELETED', claim('b', pending())),
    change('12:00', 'ADDED', claim('c', pending())),
    change('12:30', 'MODIFIED', claim('c', pending(), { labels: {} })),
    change('13:00', 'ADDED', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' } }),
  ].join('');

  test('tells what it would have opened, resolved and reopened, and what flapped, by the clock of the stream', async () => {
    await writeFile(join(directory, 'stream.jsonl.gz'), gzipSync(stream));
    const { code, out, err } = await rule(['backtest', 'rule.yaml', '--from', 'stream.jsonl.gz']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const of = (name: string) => `PersistentVolumeClaim shop/${name} phase: major ${name} asks for 1Gi`;
    expect(out.split('\n')).toEqual([
      `2026-11-20T09:05:00Z opened   ${of('b')}`,
      `2026-11-20T10:25:00Z opened   ${of('a')}`,
      `2026-11-20T10:27:00Z resolved ${of('a')} after 7m (Recovered)`,
      `2026-11-20T10:35:00Z reopened ${of('a')}`,
      `2026-11-20T10:37:00Z resolved ${of('a')} after 7m (Recovered)`,
      `2026-11-20T10:45:00Z reopened ${of('a')}`,
      `2026-11-20T10:47:00Z resolved ${of('a')} after 7m (Recovered)`,
      `2026-11-20T10:55:00Z reopened ${of('a')}, and flaps`,
      `2026-11-20T10:57:00Z resolved ${of('a')} after 7m (Recovered)`,
      `2026-11-20T11:00:00Z resolved ${of('b')} after 120m (SubjectDeleted)`,
      `2026-11-20T12:05:00Z opened   ${of('c')}`,
      `2026-11-20T12:30:00Z resolved ${of('c')} after 30m (SubjectDeleted)`,
      'clusterrule.claims: 2026-11-20T09:00:00Z to 2026-11-20T13:00:00Z (4h), 13 changes of 3 objects',
      'opened 3, reopened 3, resolved 6, flapping 1; at the end 0 Active',
      '',
    ]);
  });

  test('--since begins with what was there by then', async () => {
    await writeFile(join(directory, 'stream.jsonl'), stream);
    const argv = ['backtest', 'rule.yaml', '--from', 'stream.jsonl', '--since', '150m', '--exit-code', '-o', 'json'];
    const { code, out } = await rule(argv);
    expect(code).toBe(10);
    const { from, transitions } = JSON.parse(out) as { from: string; transitions: { at: string; what: string }[] };
    expect(from).toBe('2026-11-20T10:30:00Z');
    expect(transitions.slice(0, 3).map(({ at, what }) => `${at.slice(11, 16)} ${what}`)).toEqual([
      '10:35 opened',
      '10:35 opened',
      '10:37 resolved',
    ]);
  });

  test('says where a stream is none', async () => {
    await writeFile(join(directory, 'bad.jsonl'), `${stream}{"at": 1}\n`);
    const { code, err } = await rule(['backtest', 'rule.yaml', '--from', 'bad.jsonl']);
    expect(code).toBe(1);
    expect(err).toMatch(/^error: [^\n]*bad\.jsonl:17: type is undefined: must be ADDED, MODIFIED or DELETED\n$/);
    await writeFile(join(directory, 'empty.jsonl'), '');
    expect((await rule(['backtest', 'rule.yaml', '--from', 'empty.jsonl'])).err).toMatch(/holds no change\n$/);
    expect((await rule(['backtest', 'rule.yaml', '--from', 'nowhere.jsonl'])).err).toMatch(
      /nowhere.jsonl: no such file\n$/,
    );
  });
});
