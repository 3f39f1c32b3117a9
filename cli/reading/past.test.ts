import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import type { IssueStatisticsStatus } from '../../crds/issue-statistics.ts';
import type { IssueTimeline } from '../../crds/issue-timeline.ts';
import { packageVersion } from '../package-info.ts';
import { type RunningCommand, startCommand } from '../testing/running-command.ts';

/** What is reported, counted, ranked and remembered, against `faultline up` over an empty folder. */
let root: string;
let server: RunningCommand;

const start = (argv: readonly string[], input = '') =>
  startCommand(argv, {
    ...{ directory: root, env: { KUBECONFIG: 'state/kubeconfig', HOME: root } },
    in: Readable.from(input === '' ? [] : [input]),
  });

async function ask(argv: readonly string[], input = ''): Promise<{ code: number; out: string; err: string }> {
  const command = start(argv, input);
  const code = await command.exitCode;
  return { code, out: command.out.text(), err: command.err.text() };
}

const report = (name: string, finding: object | undefined, more: object = {}) => ({
  source: 'ci.nightly',
  order: { class: 'received' },
  subject: { apiVersion: 'ci.example.dev/v1', kind: 'Workflow', namespace: 'shop', name },
  body: {
    complete: true,
    findings: finding === undefined ? [] : [{ key: 'run', type: 'test', reason: 'TestsFailed', ...finding }],
  },
  ...more,
});
const of = (component: string) => ({ labels: { 'faultline.dev/component': component } });
const REPORTS = [
  report('nightly', {
    ...{ severity: 'critical', title: 'nightly: 3 tests failed', group: 'database.example.com', ...of('web') },
    evidence: { log: { pod: 'nightly-1', container: 'test', lines: ['first', 'second', 'boom \u001b[31m'] } },
  }),
  report('weekly', { severity: 'minor', title: 'weekly: slow', group: 'database.example.com', ...of('web') }),
  report('other', { severity: 'major', title: 'other: broken', ...of('api') }),
];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'faultline-past-'));
  await mkdir(join(root, 'cluster'));
  const configuration = { apiVersion: 'config.faultline.dev/v1alpha1', kind: 'FaultlineConfiguration' };
  await writeFile(join(root, 'faultline.yaml'), JSON.stringify({ ...configuration, cluster: { folder: './cluster' } }));
  server = startCommand(['up', '--state-dir', join(root, 'state'), '--listen', '127.0.0.1:0'], { directory: root });
  await server.printed('get issues -A -w');
}, 180_000);
afterAll(async () => {
  await server.stop();
  await rm(root, { recursive: true, force: true });
});

const nameOf = async (subject: string) =>
  (await ask(['get', '-n', 'shop', '--all', '--subject', subject, '-o', 'jsonpath={.items[0].metadata.name}'])).out;

describe('faultline report', { timeout: 60_000 }, () => {
  it('sends what it reads, and tells what was decided', async () => {
    const { code, out, err } = await ask(['report', '-f', '-', '-n', 'shop'], JSON.stringify(REPORTS));
    expect([code, err]).toEqual([0, '']);
    expect(out.replaceAll(/-[a-z0-9]{8} /g, '-XXXXXXXX ')).toBe(
      'issue.faultline.dev/workflow-nightly-XXXXXXXX opened an issue\n' +
        'issue.faultline.dev/workflow-weekly-XXXXXXXX opened an issue\n' +
        'issue.faultline.dev/workflow-other-XXXXXXXX opened an issue\n',
    );
  });

  it('reads documents of YAML, and IssueReports with a namespace of their own', async () => {
    const issueReport = { kind: 'IssueReport', metadata: { namespace: 'team-b' }, spec: report('b', undefined) };
    const yaml = `${JSON.stringify(issueReport)}\n---\n${JSON.stringify(report('other', undefined))}\n`;
    expect(await ask(['report', '-f', '-', '-n', 'shop', '--dry-run'], yaml)).toEqual({
      ...{ code: 0, out: 'the report would be taken (server dry run)\n'.repeat(2), err: '' },
    });
    await writeFile(join(root, 'healthy.yaml'), JSON.stringify(report('other', undefined)));
    expect((await ask(['report', '-f', 'healthy.yaml', '-n', 'shop'])).out).toMatch(
      /^issue\.faultline\.dev\/workflow-other-\w+ healthy: resolved the issue\n$/,
    );
    const answered = await ask(['report', '-f', 'healthy.yaml', '-n', 'shop', '-o', 'json']);
    expect(JSON.parse(answered.out)).toMatchObject({ kind: 'IssueReport', spec: { source: 'ci.nightly' } });
  });

  it('goes on after a report that is refused, and answers 1', async () => {
    const bad = report('bad', { severity: 'medium', title: 'x' });
    const { code, out, err } = await ask(['report', '-f', '-', '-n', 'shop'], JSON.stringify([bad, REPORTS[1]]));
    expect([code, out.trim().split('\n')]).toEqual([1, [expect.stringContaining('workflow-weekly')]]);
    expect(err).toMatch(
      /^error: standard input, report 1, line 1: body\.findings\[0\]\.severity: "medium": .*\n1 of 2 reports were refused\n$/,
    );
  });

  it('sends thousands in a few requests, from lines of JSON, and names the line of each that is refused', async () => {
    const many = Array.from({ length: 2_500 }, (_, index) => {
      const bad = index === 1_700 ? { severity: 'medium', title: 'x' } : undefined;
      return JSON.stringify(report(`many-${index}`, bad, index === 42 ? { namespace: 'No' } : {}));
    });
    const { code, out, err } = await ask(['report', '-f', '-', '-n', 'shop'], many.join('\n'));
    expect([code, out.split('\n').length]).toEqual([1, 2_499]);
    expect(err.split('\n')).toEqual([
      'error: standard input, report 43, line 43: "No" is no name of a namespace',
      expect.stringMatching(/^error: standard input, report 1701, line 1701: body\.findings\[0\]\.severity: /),
      '2 of 2500 reports were refused',
      '',
    ]);
  });

  it.each([
    ['nothing', '', 'error: standard input holds no report: see docs/reports.md\n'],
    [
      'another kind',
      '{"kind": "Pod"}',
      'error: standard input holds "Pod", which is no IssueReport: see docs/reports.md\n',
    ],
    ['no YAML', 'a: [', /^error: standard input is no YAML: [^\n]+\n$/],
    ['no line of JSON', '{"a": 1}\n{"b": }\n', /^error: standard input is no JSON at line 2: [^\n]+\n$/],
    ['a word', 'hello', 'error: standard input holds something else than reports: see docs/reports.md\n'],
  ])('says in one line that its input is %s', async (_, input, line) => {
    const { code, err } = await ask(['report', '-f', '-'], input);
    expect([code, err]).toEqual([1, typeof line === 'string' ? line : expect.stringMatching(line)]);
  });
});

describe('faultline top, groups and stats', { timeout: 60_000 }, () => {
  it('top ranks namespaces and components, now and then', async () => {
    expect((await ask(['top'])).out).toBe(
      'NAMESPACE   OPEN   CRITICAL   MAJOR   MINOR   INFO\n' +
        'shop        2      1          0       1       0\n\n' +
        'NAMESPACE   COMPONENT   OPEN   CRITICAL   MAJOR   MINOR   INFO\n' +
        'shop        web         2      1          0       1       0\n',
    );
    expect(JSON.parse((await ask(['top', 'components', '-n', 'shop', '-o', 'json'])).out)).toEqual({
      components: [
        { namespace: 'shop', name: 'web', open: 2, severities: { critical: 1, major: 0, minor: 1, info: 0 } },
      ],
    });
    expect((await ask(['top', '--as-of', '1h'])).err).toBe('No Active issues in any namespace at that time.\n');
    expect((await ask(['top', 'pods'])).code).toBe(2);
    expect((await ask(['top', 'componets'])).err).toContain('did you mean "components"?');
    expect((await ask(['top', 'ns', '-A'])).out).toMatch(/^NAMESPACE +OPEN/);
  });

  it('groups are those of the server, or made of the issues of a namespace', async () => {
    await vi.waitFor(async () => expect((await ask(['groups'])).out).toContain('database-example-com'), {
      timeout: 20_000,
    });
    const [head = '', line = ''] = (await ask(['groups'])).out.split('\n');
    expect(head).toMatch(/^NAME +SEVERITY +STATE +OPEN/);
    const [name = ''] = line.split(' ');
    expect((await ask(['groups', '-o', 'name'])).out).toBe(`issuegroup.faultline.dev/${name}\n`);
    const { out } = await ask(['groups', name]);
    expect(out).toMatch(/\nGroup: +database\.example\.com\nOrigin: +Reported\n/);
    expect(out).toMatch(/\n\nOpen members, the worst first:\n {2}shop\/workflow-nightly-\w+ +critical +TestsFailed\n/);
    expect((await ask(['groups', name.replace('database', 'databaes')])).err).toContain(`did you mean "${name}"?`);
    const made = (await ask(['groups', '-n', 'shop'])).out.replaceAll(/ +/g, ' ').replace(/\d+[smh]/, 'A');
    expect(made).toBe(
      'GROUP SEVERITY OPEN RESOLVED NAMESPACES SINCE TITLE\n' +
        'database.example.com critical 2 0 1 A nightly: 3 tests failed\n',
    );
    // What issues name as their group is as good as the name of the group; -A is what there is anyway.
    expect((await ask(['groups', 'database.example.com'])).out).toBe(out);
    expect((await ask(['groups', 'database.example.com', '-o', 'name'])).out).toBe(
      `issuegroup.faultline.dev/${name}\n`,
    );
    expect((await ask(['groups', 'databse.example.com'])).err).toBe(
      'error: there is no group "databse.example.com"; did you mean "database.example.com"?\n',
    );
    expect((await ask(['groups', '-A'])).out).toContain(name);
    expect((await ask(['groups', '-A', '-n', 'shop'])).code).toBe(2);
    expect((await ask(['groups', '-n', 'none'])).err).toBe('No issues in namespace none name a group.\n');
  });

  it('stats count what opened and resolved', async () => {
    const { code, out } = await ask(['stats', '-n', 'shop', '--since', '1d', '-o', 'json']);
    expect(code).toBe(0);
    const { total, types, namespaces } = JSON.parse(out) as IssueStatisticsStatus;
    expect(total).toMatchObject({ open: 2, opened: 3, resolved: 1 });
    expect([types[0]?.type, namespaces[0]?.namespace]).toEqual(['test', 'shop']);
    const text = (await ask(['stats', '-A'])).out;
    expect(text).toMatch(/^From \S+ to \S+\n\n +OPEN +OPENED +RESOLVED +MEAN TIME\nin all +2 +3 +1 +\S+\n\nNAMESPACE/);
    expect((await ask(['stats', '-n', 'shop', '--since', '1d', '--until', '3d'])).err).toMatch(
      /^error: since: 1d is not before until\n$/,
    );
    expect((await ask(['stats', '--limit', '0'])).code).toBe(2);
    // Open is what was open then, and not what is open now.
    const now = await ask(['stats', '-n', 'shop', '--as-of', '0s', '-o', 'json']);
    const before = await ask(['stats', '-n', 'shop', '--as-of', '1h', '-o', 'json']);
    const openIn = ({ out }: { out: string }) => (JSON.parse(out) as IssueStatisticsStatus).total.open;
    expect([openIn(now), openIn(before)]).toEqual([2, 0]);
    expect((await ask(['stats'])).err).toBe('Nothing was broken in namespace default (of all namespaces: -A).\n');
  });
});

describe('faultline history and logs', { timeout: 60_000 }, () => {
  it('history tells episodes and what people said, also of an issue that is over', async () => {
    const other = await nameOf('other');
    await ask(['comment', other, '-n', 'shop', 'it was the disk']);
    const { code, out, err } = await ask(['history', other, '-n', 'shop']);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(
      /^\S+Z +opened\n\S+Z +resolved +Recovered after \S+\n\S+Z +comment +by \S+ +"it was the disk"\n$/,
    );
    const timeline = parse((await ask(['history', other, '-n', 'shop', '-o', 'yaml'])).out) as IssueTimeline;
    expect(timeline).toMatchObject({ kind: 'IssueTimeline', metadata: { name: other }, status: { complete: true } });
    const nightly = await nameOf('nightly');
    const both = JSON.parse((await ask(['history', other, nightly, '-n', 'shop', '-o', 'json'])).out) as object;
    expect(both).toMatchObject({
      kind: 'List',
      items: [{ metadata: { name: other } }, { metadata: { name: nightly } }],
    });
    expect((await ask(['history', nightly.replace('nightly', 'nihgtly'), '-n', 'shop'])).err).toContain(
      `did you mean "${nightly}"?`,
    );
  });

  it('history and logs as of a moment have what there was by then', async () => {
    const other = await nameOf('other');
    const { events } = (parse((await ask(['history', other, '-n', 'shop', '-o', 'yaml'])).out) as IssueTimeline).status;
    const opened = events[0]?.at ?? '';
    const then = await ask(['history', other, '-n', 'shop', '--as-of', opened]);
    expect(then.out).toMatch(/^\S+Z +opened\n/);
    expect(then.out).not.toContain('it was the disk');
    expect(await ask(['history', other, '-n', 'shop', '--as-of', '1d'])).toEqual({
      ...{ code: 1, out: '' },
      err: `error: nothing had happened to "${other}" at that time: it begins at ${opened}\n`,
    });
    const nightly = await nameOf('nightly');
    expect((await ask(['logs', nightly, '-n', 'shop', '--as-of', '0s'])).out).toContain('boom');
    expect((await ask(['logs', nightly, '-n', 'shop', '--as-of', '1d'])).err).toBe(
      `error: there was no issue "${nightly}" in namespace shop at that time: see faultline history ${nightly} -n shop\n`,
    );
    expect((await ask(['evidence', nightly, '-n', 'shop', '--as-of', '0s'])).out).toContain('boom');
    const evidence = await ask(['evidence', nightly, '-n', 'shop', '-o', 'yaml']);
    expect(parse(evidence.out)).toMatchObject({ kind: 'IssueEvidence', status: { log: { pod: 'nightly-1' } } });
  });

  it('what has no past says in one line why, and what has', async () => {
    for (const [argv, line] of [
      [['logs', 'a', '--as-of', '1h', '--follow'], /^error: --as-of: a Pod has its log of now alone: leave out --live/],
      [
        ['explain', 'pod/web', '--as-of', '1h'],
        /^error: --as-of: controllers know .*; .* faultline search web --all --as-of 1h\n/,
      ],
      [['doctor', '--as-of', '1h'], /^error: --as-of: .* faultline get --as-of\n/],
    ] as const) {
      expect(await ask(argv)).toEqual({ code: 2, out: '', err: expect.stringMatching(line) });
    }
  });

  it('logs are those that were recorded, without what a terminal would execute', async () => {
    const nightly = await nameOf('nightly');
    const { code, out, err } = await ask(['logs', nightly, '-n', 'shop', '--tail', '2']);
    expect([code, out]).toEqual([0, 'second\nboom\n']);
    expect(err).toMatch(/^Recorded at \S+ from nightly-1 test\n$/);
    expect((await ask(['logs', await nameOf('weekly'), '-n', 'shop'])).err).toMatch(
      /^error: no log was recorded, and there is no Pod of .* here\n$/,
    );
  });
});

describe('several issues at once', { timeout: 60_000 }, () => {
  it('take a yes, and what one is refused for does not stop the others', async () => {
    const names = [await nameOf('nightly'), await nameOf('weekly')];
    expect((await ask(['ack', ...names, '-n', 'shop'])).err).toBe(
      'error: this would acknowledge 2 issues, and nobody can be asked here: add --yes\n',
    );
    const { code, out, err } = await ask(['ack', ...names, 'nothing', '-n', 'shop', '-y', '--reason', 'on it']);
    expect([code, out]).toEqual([1, names.map((name) => `issue.faultline.dev/${name} acknowledged\n`).join('')]);
    expect(err).toBe('error: there is no issue "nothing" in namespace shop: see faultline get --all\n');
    expect((await ask(['history', names[0] ?? '', '-n', 'shop'])).out).toContain('"on it"');
  });
});

describe('faultline version', { timeout: 60_000 }, () => {
  it('says that of the server too, unless there is none to ask', async () => {
    const own = packageVersion();
    const both = await ask(['version']);
    expect(both.out).toMatch(new RegExp(`^faultline ${own} \\(Node.*\\)\nserver: faultline ${own} at https://.*\n$`));
    expect(JSON.parse((await ask(['version', '-o', 'json'])).out)).toMatchObject({
      version: own,
      server: { faultline: own, tooFarApart: false },
    });
    expect((await ask(['version', '--client'])).out.split('\n')).toHaveLength(2);
    const away = await ask(['version', '--server', 'http://127.0.0.1:1']);
    expect([away.code, away.out.split('\n').length]).toEqual([1, 2]);
    expect(away.err).toMatch(/^error: cannot reach http:\/\/127\.0\.0\.1:1 .*\n$/);
  });
});
