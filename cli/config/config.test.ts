import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { startCommand } from '../testing/running-command.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'faultline-config-'));
  await writeFile(
    join(directory, 'good.yaml'),
    `${HEAD}controllers: [{use: workloads/pod}, {use: tekton/pipelinerun}]\n`,
  );
  await writeFile(
    join(directory, 'bad.yaml'),
    `${HEAD}namespases: [a]\ncontrollers: [{use: tekton/pipelinerun, with: {consolURL: x}}]\n`,
  );
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const HEAD = 'apiVersion: config.faultline.dev/v1alpha1\nkind: FaultlineConfiguration\n';

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const command = startCommand(argv, { directory, env: { HOME: directory } });
  const code = await command.exitCode;
  return { code, out: command.out.text(), err: command.err.text() };
}

describe('faultline config', { timeout: 60_000 }, () => {
  it('view prints what counts, with every default', async () => {
    const { code, out } = await run('config', 'view', '--config', 'good.yaml');
    expect(code).toBe(0);
    expect(parse(out)).toMatchObject({
      ...{ kind: 'FaultlineConfiguration', namespaces: ['*'], server: { listen: '127.0.0.1:7443' } },
      controllers: [{ use: 'workloads/pod', name: 'workloads-pod', concurrency: 4 }, { use: 'tekton/pipelinerun' }],
    });
    expect(JSON.parse((await run('config', '-o', 'json')).out)).toMatchObject({ issues: { retention: '90d' } });
  });

  it('validate says what it runs, or everything that is wrong, with line and column', async () => {
    expect((await run('config', 'validate', 'good.yaml')).out).toMatch(
      /good\.yaml is valid: it runs workloads-pod, tekton-pipelinerun\n$/,
    );
    const { code, out, err } = await run('config', 'validate', 'bad.yaml');
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/bad\.yaml:3:1: namespases: .*did you mean "namespaces"/);
    expect(err).toMatch(/bad\.yaml:4:\d+: controllers\[0\]\.with\.consolURL: /);
    expect((await run('config', 'validate', 'nowhere.yaml')).err).toMatch(
      /^error: cannot read the configuration .*nowhere\.yaml/,
    );
  });

  it('schema is that of editors, and docs says what a place may hold', async () => {
    expect(JSON.parse((await run('config', 'schema')).out)).toMatchObject({ title: 'FaultlineConfiguration' });
    expect((await run('config', 'docs')).out).toMatch(
      /^Place: +faultline\.yaml\n[\s\S]*\n {2}controllers <\[\]object>\n/,
    );
    expect((await run('config', 'docs', 'issues.flapping')).out).toMatch(
      /\n {2}reopened <integer>\n[\s\S]* {4}Default: 3\n/,
    );
    expect((await run('config', 'docs', 'controllers')).out).toContain('  use <string> required\n');
    const wrong = await run('config', 'docs', 'issues.flaping');
    expect([wrong.code, wrong.err.split('\n')[0]]).toEqual([
      ...[2, 'error: issues has no "flaping"; did you mean "flapping"?'],
    ]);
  });

  it.each([
    [['config', 'veiw'], '"veiw" is none of view, validate, schema, docs, set-api-url, reset; did you mean "view"?'],
    [['config', 'set-api-url'], 'config set-api-url needs a URL'],
    [['config', 'set-api-url', 'here'], 'config set-api-url needs a URL'],
    [['config', 'schema', 'x'], 'config schema takes no argument'],
  ])('%j cannot be right', async (argv, line) => {
    const { code, err } = await run(...argv);
    expect([code, err]).toEqual([2, expect.stringContaining(line)]);
  });
});

describe("the words of Kite's command line", { timeout: 60_000 }, () => {
  it('set-api-url makes a server the one that is asked, and reset forgets it', async () => {
    await using up = startCommand(['up', '--state-dir', 'state', '--listen', '127.0.0.1:0'], { directory });
    await up.printed('get issues -A -w');
    const server = /https:\/\/127\.0\.0\.1:\d+/.exec(up.out.text())?.[0] ?? '';
    const config = join(directory, 'state', 'kubeconfig');
    const ask = async (...argv: string[]) => {
      const command = startCommand(argv, { directory, env: { HOME: directory, KUBECONFIG: config } });
      const code = await command.exitCode;
      return { code, out: command.out.text(), err: command.err.text() };
    };
    expect((await run('config', 'set-api-url', 'http://127.0.0.1:1/api/v1/')).out).toMatch(
      /^http:\/\/127\.0\.0\.1:1 is asked from now on, .*\.config\/faultline\/server\)\n$/,
    );
    expect((await ask('list', '-n', 'shop')).err).toMatch(/^error: cannot reach http:\/\/127\.0\.0\.1:1 /);
    // What is typed says more.
    expect((await ask('list', '-n', 'shop', '--kubeconfig', config)).code).toBe(0);
    expect((await run('config', 'set-api-url', `${server}/api/v1`)).code).toBe(0);
    const listed = await ask(
      'list',
      '-n',
      'shop',
      '-t',
      'build',
      '-s',
      'major',
      '-r',
      'component',
      '--limit',
      '1',
      '-o',
      'name',
    );
    expect([listed.code, listed.out.split('\n').length]).toEqual([0, 2]);
    const name = listed.out.trim().replace('issue.faultline.dev/', '');
    expect((await ask('details', '-i', name, '-n', 'shop')).out).toContain(`Name:       ${name}\n`);
    expect(JSON.parse((await ask('details', '-i', name, '-n', 'shop', '-o', 'json')).out)).toMatchObject({
      kind: 'Issue',
    });
    const { issues } = { issues: await ask('search', 'payments', '-n', 'shop', '--as-of', '1s', '-o', 'name') };
    expect(issues.out).toContain('component-payments-');
    expect((await ask('search', 'payments', '-zzz', '-n', 'shop', '--as-of', '1s')).code).toBe(2);
    expect((await ask('list', '-n', 'shop', '--limit', '0')).code).toBe(2);
    expect((await run('config', 'reset')).code).toBe(0);
    await up.stop();
  });
});
