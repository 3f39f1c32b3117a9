import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import type { IssueList } from '../../crds/issue.ts';
import { type RunningCommand, startCommand } from '../testing/running-command.ts';

/** The reading commands against `faultline up`, as a person has them beside it. */
let root: string;
let server: RunningCommand;

const run = (name: string, pipeline: string, completionTime: string, succeeded = 'False', labels = {}): object => ({
  apiVersion: 'tekton.dev/v1',
  kind: 'PipelineRun',
  metadata: {
    ...{ name, namespace: 'shop', uid: `uid-of-${name}`, creationTimestamp: completionTime },
    labels: { 'tekton.dev/pipeline': pipeline, ...labels },
  },
  spec: { pipelineRef: { name: pipeline } },
  status: {
    completionTime,
    conditions: [
      {
        ...{ type: 'Succeeded', status: succeeded, reason: succeeded === 'True' ? 'Succeeded' : 'Failed' },
        ...{ message: 'it \u001b[31mbroke\u0007', lastTransitionTime: completionTime },
      },
    ],
  },
});
const write = (name: string, object: object) => writeFile(join(root, 'cluster', name), stringify(object));

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'faultline-read-'));
  await mkdir(join(root, 'cluster'));
  await write('build.yaml', run('build-1', 'build', '2026-11-20T10:00:00Z'));
  await write('lint.yaml', run('lint-1', 'lint', '2026-11-20T10:30:00Z'));
  await writeFile(
    join(root, 'faultline.yaml'),
    'apiVersion: config.faultline.dev/v1alpha1\nkind: FaultlineConfiguration\ncluster: {folder: ./cluster}\n',
  );
  server = startCommand(['up', '--state-dir', join(root, 'state'), '--listen', '127.0.0.1:0'], { directory: root });
  await server.printed('get issues -A -w');
}, 180_000);
afterAll(async () => {
  await server.stop();
  await rm(root, { recursive: true, force: true });
});

const start = (...argv: string[]) => startCommand(argv, { directory: root, env: { KUBECONFIG: 'state/kubeconfig' } });

async function ask(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const command = start(...argv);
  const code = await command.exitCode;
  return { code, out: command.out.text(), err: command.err.text() };
}

/** Names end in what identifies the subject, and ages pass. */
const stable = (text: string) =>
  text
    .replaceAll(/-[a-z0-9]{8}\b(?=\s)/g, '-XXXXXXXX')
    .replaceAll(/\b(\d+[smhdy])+\b(?= )/g, (age) => 'A'.padEnd(age.length));

const names = async () =>
  (await ask('get', '-A', '-o', 'name')).out
    .trim()
    .split('\n')
    .map((line) => line.split('/')[1] ?? '');

describe('faultline get', { timeout: 60_000 }, () => {
  it('prints the Table of the server, in the namespace that was named or everywhere', async () => {
    const { code, out, err } = await ask('get', '-n', 'shop');
    expect([code, err]).toEqual([0, '']);
    expect(stable(out).replaceAll(/ +/g, ' ')).toBe(
      'NAME SEVERITY TYPE STATE SINCE TITLE\n' +
        'pipeline-build-XXXXXXXX major pipeline Active A Pipeline build failed\n' +
        'pipeline-lint-XXXXXXXX major pipeline Active A Pipeline lint failed\n',
    );
    const everywhere = (await ask('get', 'issues', '-A')).out.split('\n');
    expect(everywhere[0]).toMatch(/^NAMESPACE +NAME +SEVERITY/);
    expect(everywhere[1]).toMatch(/^shop {8}pipeline-build-/);
    expect((await ask('get', '-n', 'shop', '-o', 'wide')).out).toMatch(/SUBJECT +REASON +SOURCE/);
    expect((await ask('get', '-n', 'shop', '--no-headers')).out).toMatch(/^pipeline-build-/);
  });

  it('filters at the server and here, and says that nothing is left', async () => {
    const found = async (...flags: string[]) =>
      (await ask('get', '-A', '-o', 'name', ...flags)).out.trim().split('\n').length;
    const [build = ''] = await names();
    const why = (await ask('get', build, '-n', 'shop', '-o', 'jsonpath={.spec.reason}')).out;
    const all: [string[], number][] = [
      [['--severity', 'MAJOR,critical'], 2],
      [['--subject', 'build'], 1],
      [['--subject', 'pipeline/build,Pipeline/lint'], 2],
      [['--since', '2026-11-20T10:10:00Z'], 1],
      [['--reason', `${why},Other`, '--type', 'pipeline'], 2],
      [['-l', 'faultline.dev/type=pipeline', '--field-selector', 'spec.subject.name=lint'], 1],
    ];
    for (const [flags, count] of all) expect([flags, await found(...flags)]).toEqual([flags, count]);
    expect(await ask('get', '-n', 'shop', '--mine')).toEqual({
      ...{ code: 0, out: '', err: 'No Active issues in namespace shop match what was asked for.\n' },
    });
    expect((await ask('get', '-A', '--type', 'pipelnie', '--source', 'other')).err).toBe(
      'No Active issues in any namespace match what was asked for.\n' +
        'No issue here has the type "pipelnie"; did you mean "pipeline"?\nNo issue here has the source "other"\n',
    );
    expect((await ask('get', '-A', '--severity', 'crit')).err).toContain('; did you mean "critical"?');
    expect((await ask('assign', build, '-n', 'shop')).code).toBe(0);
    expect((await ask('get', '-n', 'shop', '--mine', '-o', 'name')).out).toBe(`issue.faultline.dev/${build}\n`);
  });

  it('prints what machines read', async () => {
    const list = JSON.parse((await ask('get', '-A', '-o', 'json')).out) as IssueList;
    const read = parse((await ask('get', '-A', '-o', 'yaml')).out) as IssueList;
    expect(list).toMatchObject({ apiVersion: 'v1', kind: 'List', items: [{ kind: 'Issue' }, { kind: 'Issue' }] });
    expect(read).toEqual(list);
    const [name = ''] = await names();
    expect(JSON.parse((await ask('get', name, '-n', 'shop', '-o', 'json')).out)).toEqual(list.items[0]);
    const template = '{range .items[*]}{.spec.subject.name}{"\\t"}{.spec.severity}{"\\n"}{end}';
    expect((await ask('get', '-A', '-o', `jsonpath=${template}`)).out).toBe('build\tmajor\nlint\tmajor\n');
    expect((await ask('get', '-A', '-o', 'custom-columns=WHAT:.spec.subject.name,X:.spec.nothing')).out).toBe(
      'WHAT    X\nbuild   <none>\nlint    <none>\n',
    );
    const csv = (await ask('get', '-A', '-o', 'csv')).out.split('\n');
    expect(csv[0]).toMatch(/^namespace,name,severity,type,state,openedAt,/);
    expect(csv[1]).toContain(',major,pipeline,Active,2026-11-20T10:00:00Z,');
    expect((await ask('get', '-n', 'shop', '-o', 'markdown')).out).toMatch(/^\| Name \|.*\n\| --- \|/);
    expect((await ask('get', '-A', '--sort-by', 'since', '-o', 'name')).out).toMatch(/lint.*\n.*build/);
    expect((await ask('get', '-A', '-o', 'json', '--severity', 'info')).out).toContain('"items": []');
    for (const [path, meant] of [
      ['.status.openedAtt', '.status.openedAt'],
      ['{.title}', '.spec.title'],
      ['name', '.metadata.name'],
    ]) {
      expect(await ask('get', '-A', '--sort-by', path as string)).toEqual({
        ...{ code: 1, out: '' },
        err: `error: --sort-by: nothing that is listed has ${path}; did you mean "${meant}"?\n`,
      });
    }
  });

  it('finds what was meant for a name that is not there, and where it is', async () => {
    const [name = ''] = await names();
    const wrong = name.replace('build', 'biuld');
    expect(await ask('get', wrong, '-n', 'shop')).toEqual({
      ...{ code: 1, out: '', err: `error: there is no issue "${wrong}" in namespace shop; did you mean "${name}"?\n` },
    });
    expect((await ask('get', name)).err).toBe(
      `error: there is no issue "${name}" in namespace default: it is in namespace shop, ask with -n shop\n`,
    );
    // The end of a name that was cut to fit a terminal.
    expect((await ask('describe', name.slice(-8), '-n', 'shop')).err).toContain(`did you mean "${name}"?`);
    expect((await ask('get', 'other', '-n', 'shop')).err).toBe(
      'error: there is no issue "other" in namespace shop: see faultline get --all\n',
    );
  });

  it('shows those that are there of several names, and tells each that is not', async () => {
    const [build = '', lint = ''] = await names();
    const missing = (name: string) => `error: there is no issue "${name}" in namespace shop: see faultline get --all\n`;
    expect(await ask('get', 'nope', build, 'none', lint, '-n', 'shop', '-o', 'name')).toEqual({
      ...{ code: 1, err: missing('nope') + missing('none') },
      out: `issue.faultline.dev/${build}\nissue.faultline.dev/${lint}\n`,
    });
    const described = await ask('describe', 'nope', build, '-n', 'shop');
    expect(described).toEqual({
      code: 1,
      err: missing('nope'),
      out: expect.stringMatching(/^Pipeline build failed\n/),
    });
    const { code, out, err } = await ask('history', build, 'nope', '-n', 'shop');
    expect([code, out.split('\n')[0], err]).toEqual([1, `${build}:`, missing('nope')]);
    // A script that only wants to know.
    expect(await ask('get', 'nope', '-n', 'shop', '-o', 'json', '--ignore-not-found')).toEqual({
      ...{ code: 0, out: '', err: '' },
    });
  });

  it('takes flags as kubectl does: -o=name, columns of labels, --watch-only', async () => {
    expect((await ask('get', '-n=shop', '-o=name')).out).toMatch(/^issue\.faultline\.dev\/pipeline-build-/);
    expect((await ask('get', '-A=true', '-o=name', '--watch=false')).out).toMatch(/^issue\.faultline\.dev\//);
    const { out } = await ask('get', '-A', '-L', 'faultline.dev/type,other', '--show-labels');
    const [head, line] = out.split('\n').map((each) => each.split(/ {2,}/).slice(-3));
    expect(head).toEqual(['TYPE', 'OTHER', 'LABELS']);
    expect(line).toEqual([
      'pipeline',
      '<none>',
      expect.stringMatching(/^faultline\.dev\/\S+=\w+,.*faultline\.dev\/type=pipeline/),
    ]);
    expect((await ask('get', '-A', '-o', 'json', '--show-labels')).code).toBe(2);
    expect((await ask('get', '--watch=maybe')).err).toMatch(/^error: --watch is there or not, and takes no maybe\n/);
    const yaml = (await ask('get', '-n', 'shop', '-o', 'yaml')).out;
    expect(yaml).toMatch(/ openedAt: "2026-11-20T10:00:00Z"\n/);
  });

  it('tells where else to look where the namespace was not named', async () => {
    expect((await ask('get', '--severity', 'critical')).err).toBe(
      'No Active issues in namespace default match what was asked for (of all namespaces: -A).\n',
    );
  });

  it('shows the past', async () => {
    expect((await ask('get', '-A', '--as-of', '2026-11-20T10:15:00Z', '-o', 'name')).out).toMatch(/^\S+build\S+\n$/);
    expect((await ask('get', '-A', '--as-of', '900d')).err).toMatch(/^error: .+\n$/);
  });

  it('goes on with what changes, and shows a resolved issue once more', async () => {
    const watching = start('get', '-A', '-w');
    await watching.printed('pipeline-lint');
    const onlyChanges = start('get', '-A', '--watch-only', '--request-timeout=0');
    await write('lint.yaml', run('lint-2', 'lint', '2026-11-20T11:00:00Z', 'True'));
    await watching.printed(/lint\S+ +major +pipeline +Resolved/);
    await watching.stop();
    await onlyChanges.printed(/Resolved/);
    await onlyChanges.stop();
    expect(onlyChanges.out.text()).not.toContain('pipeline-build');
    await vi.waitFor(async () => expect(await names()).toHaveLength(1));
    expect((await ask('get', '-A', '--all', '-o', 'name')).out.trim().split('\n')).toHaveLength(2);
    expect((await ask('get', '-A', '--state', 'resolved', '-o', 'name')).out).toMatch(/^\S+lint\S+\n$/);
  });
});

describe('faultline describe, search and open', { timeout: 60_000 }, () => {
  it('tell all that the server knows of an issue', async () => {
    const [build = ''] = await names();
    expect((await ask('comment', build, '-n', 'shop', 'found \u001b[2Jit')).code).toBe(0);
    const { code, out, err } = await ask('describe', build, '-n', 'shop');
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(
      /^Pipeline build failed\n\nName: +pipeline-build-\w+\nNamespace: +shop\nState: +Active\nSince: /,
    );
    expect(out).toMatch(/\nSubject: +Pipeline\/build\nObserved: +PipelineRun\/build-1\n/);
    expect(out).toMatch(/\n\nWhy:\n {2}[\s\S]*broke/);
    expect(out).toMatch(/\n\nEvidence:\n[\s\S]*Condition: Succeeded=False Failed/);
    expect(out).toMatch(
      /\n\nTimeline:\n {2}2026-11-20T10:00:00Z +opened\n[\s\S]*assign +by \S+ +to \S+\n[\s\S]*comment +by \S+ +"found it"\n/,
    );
    expect(out).not.toContain('\u001b');
    const before = (await ask('describe', build, '-n', 'shop', '--as-of', '2026-11-20T10:15:00Z')).out;
    expect(before).toContain('As it was at 2026-11-20T10:15:00Z');
    // What had happened by then, and nothing that came later.
    expect(before).toMatch(/\n\nTimeline:\n {2}2026-11-20T10:00:00Z +opened\n/);
    expect(before).not.toContain('found it');
    expect(before).not.toContain('lint');
    expect((await ask('describe', build, '-n', 'shop', '--as-of', '2026-11-20T09:00:00Z')).err).toBe(
      `error: there was no issue "${build}" in namespace shop at that time: see faultline history ${build} -n shop\n`,
    );
    expect((await ask('describe', 'nothing', '-n', 'shop')).err).toMatch(
      /^error: there is no issue "nothing" in namespace shop/,
    );
  });

  it('find by words, in every form, Active ones unless all are asked for', async () => {
    await vi.waitFor(
      async () => expect((await ask('search', 'build', '-A', '-o', 'name')).out).toMatch(/^\S+build\S+\n$/),
      {
        timeout: 20_000,
      },
    );
    await vi.waitFor(
      async () => expect((await ask('search', 'lint', 'failed', '-n', 'shop', '--all')).out).toContain('Resolved'),
      {
        timeout: 20_000,
      },
    );
    expect((await ask('search', 'lint', '-A')).err).toBe(
      'No Active issues in any namespace match what was asked for.\n',
    );
    expect((await ask('search', ' ')).code).toBe(2);
  });

  it('open says which links there are not', async () => {
    const [build = ''] = await names();
    expect(await ask('open', build, '-n', 'shop')).toEqual({
      ...{ code: 1, out: '', err: `error: "${build}" has no link\n` },
    });
  });
});
