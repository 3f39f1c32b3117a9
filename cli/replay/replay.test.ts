import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import type { IssueList } from '../../crds/issue.ts';
import { startCommand } from '../testing/running-command.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'faultline-replay-'));
  const runs = [run('one', 'shop', 'False'), run('two', 'docs', 'False'), run('three', 'well', 'True')];
  await writeFile(join(directory, 'runs.yaml'), runs.map((object) => `---\n${stringify(object)}`).join(''));
  await writeFile(
    join(directory, 'list.json.gz'),
    gzipSync(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: runs })),
  );
  await writeFile(join(directory, 'empty.yaml'), '# nothing\n');
});
afterAll(() => rm(directory, { recursive: true, force: true }));

function run(name: string, namespace: string, succeeded: string): object {
  const at = '2020-01-01T10:00:00Z';
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: { name, namespace, uid: `uid-${name}`, creationTimestamp: '2020-01-01T09:00:00Z' },
    spec: { pipelineRef: { name: `pipeline-${name}` } },
    status: {
      completionTime: at,
      conditions: [{ type: 'Succeeded', status: succeeded, reason: 'Failed', message: 'x', lastTransitionTime: at }],
    },
  };
}

async function replay(argv: string[], stdin?: string) {
  const command = startCommand(['replay', ...argv], {
    directory,
    in: Readable.from(stdin === undefined ? [] : [Buffer.from(stdin)]),
  });
  const exitCode = await command.exitCode;
  return { exitCode, out: command.out.text(), err: command.err.text() };
}

describe('faultline replay', { timeout: 60_000 }, () => {
  it('prints the issues of recorded objects, however old, as kubectl get -A does', async () => {
    const { exitCode, out, err } = await replay(['runs.yaml']);
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    const lines = out.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^NAMESPACE +NAME +SEVERITY +TYPE +STATE +SINCE +TITLE$/);
    expect(lines.slice(1).map((line) => line.split(/ {2,}/)[0])).toEqual(['docs', 'shop']);
  });

  it('reads lists and compressed files, and prints the IssueList that the API would serve', async () => {
    const json = JSON.parse((await replay(['list.json.gz', '-o', 'json'])).out) as IssueList;
    expect(json).toMatchObject({ kind: 'IssueList', apiVersion: 'faultline.dev/v1alpha1' });
    expect(json.metadata.resourceVersion).toMatch(/^\d+$/);
    expect(json.items.map(({ metadata }) => metadata.namespace)).toEqual(['docs', 'shop']);
    const [first] = json.items;
    expect(Object.keys(first ?? {})).toEqual(['apiVersion', 'kind', 'metadata', 'spec', 'status']);
    const yaml = parse((await replay(['list.json.gz', '-o', 'yaml'])).out) as IssueList;
    expect(yaml.items.map(({ metadata }) => metadata.name)).toEqual(json.items.map(({ metadata }) => metadata.name));
  });

  it('reads standard input, and only one namespace when asked', async () => {
    const { exitCode, out } = await replay(
      ['-', '-n', 'shop', '-o', 'name'],
      `${stringify(run('one', 'shop', 'False'))}---\n${stringify(run('two', 'docs', 'False'))}`,
    );
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^issue\.faultline\.dev\/pipeline-pipeline-one-[a-z2-7]{8}\n$/);
  });

  it('answers 10 with --exit-code when something is broken, and 0 when nothing is', async () => {
    expect((await replay(['runs.yaml', '--exit-code'])).exitCode).toBe(10);
    const well = await replay(['-', '--exit-code'], stringify(run('three', 'well', 'True')));
    expect(well).toEqual({ exitCode: 0, out: '', err: 'No issues found.\n' });
    const nothing = await replay(['-', '--exit-code'], '{"apiVersion":"v1","kind":"List","items":[]}');
    expect(nothing).toEqual({ exitCode: 0, out: '', err: 'No issues found.\n' });
  });

  it('says in one line what cannot be read', async () => {
    expect(await replay(['nowhere'])).toMatchObject({
      exitCode: 1,
      err: expect.stringMatching(/^error: [^\n]*nowhere[^\n]*\n$/),
    });
    expect(await replay(['empty.yaml'])).toMatchObject({
      exitCode: 1,
      err: expect.stringMatching(/^error: empty\.yaml holds no Kubernetes object[^\n]*\n$/),
    });
    for (const archive of ['must-gather.tar.gz', 'must-gather.tgz', 'must-gather.zip']) {
      const err = `error: ${archive} is an archive: unpack it, and name the folder\n`;
      expect(await replay([archive])).toEqual({ exitCode: 1, out: '', err });
    }
    expect((await replay([])).exitCode).toBe(2);
  });

  it('tells of each file that it cannot read in one line that no terminal executes, and reads the others', async () => {
    const folder = join(directory, 'hostile');
    await mkdir(folder);
    await writeFile(join(folder, 'a\u001b[31m.yaml'), 'a: b: \u001b[2J\u009b31m\u202eevil\n - [');
    expect(await replay(['hostile'])).toEqual({
      exitCode: 1,
      out: '',
      err: expect.stringMatching(/^error: [ -~]*hostile\/a\.yaml: [ -~]*line 1, column 4\n$/),
    });
    await writeFile(join(folder, 'run.yaml'), stringify(run('one', 'shop', 'False')));
    const { exitCode, out, err } = await replay(['hostile', '-o', 'name']);
    expect({ exitCode, lines: out.split('\n').length }).toEqual({ exitCode: 0, lines: 2 });
    expect(err).toMatch(/^warning: [ -~]*hostile\/a\.yaml: [ -~]*line 1, column 4\n$/);
  });
});
