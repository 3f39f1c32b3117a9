import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Child } from '../controlplane/child.ts';
import { kubectl, kubectlWatch } from '../controlplane/kubectl.ts';
import { freePort } from '../controlplane/ports.ts';
import { faultline, node } from './installation.ts';
import { kubectlContract } from './kubectl.contract.ts';

/** Item 1 of the first slice: `faultline up` on a copy of the example cluster, with the kubeconfig that it writes. */
const examples = join(import.meta.dirname, '..', '..', 'examples');
let dir: string;
let port: number;
let up: Child | undefined;

const kubeconfig = (): string => join(dir, 'state', 'kubeconfig');
const cluster = (...path: string[]): string => join(dir, 'cluster', ...path);
const args = (state = 'state'): string[] => [
  faultline,
  'up',
  `--config=${join(dir, 'faultline.yaml')}`,
  `--state-dir=${join(dir, state)}`,
  `--listen=127.0.0.1:${port}`,
];

let starts = 0;
/** Each start has a log of its own, so that readiness is read from this process and not from the one before. */
async function start(): Promise<Child> {
  const logPath = join(dir, `up-${++starts}.log`);
  const child = await Child.start({ name: 'faultline up', command: node, args: args(), logPath });
  await child.until('ready', async () => /kubectl .*get issues/.test(await readFile(logPath, 'utf8')), 60_000);
  return child;
}

async function issues(): Promise<{ name: string; uid: string; state: string; subject: string }[]> {
  const { stdout } = await kubectl(['get', 'issues', '-A', '-o', 'json'], { kubeconfig: kubeconfig() });
  const { items } = JSON.parse(stdout) as {
    items: {
      metadata: { name: string; uid: string };
      spec: { subject: { name: string } };
      status: { state: string };
    }[];
  };
  return items
    .map(({ metadata, spec, status }) => ({ ...metadata, subject: spec.subject.name, state: status.state }))
    .map(({ name, uid, state, subject }) => ({ name, uid, state, subject }));
}

async function edit(file: string, from: string, to: string): Promise<void> {
  const text = await readFile(file, 'utf8');
  expect(text).toContain(from);
  await writeFile(file, text.replace(from, to));
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'faultline-up-'));
  port = await freePort();
  await cp(join(examples, 'cluster'), cluster(), { recursive: true });
  await writeFile(
    join(dir, 'faultline.yaml'),
    'apiVersion: config.faultline.dev/v1alpha1\nkind: FaultlineConfiguration\ncluster: {folder: ./cluster}\ncontrollers:\n  - {use: tekton/pipelinerun}\n',
  );
  up = await start();
});
afterAll(async () => {
  await up?.stop('SIGKILL', 1_000);
  await rm(dir, { recursive: true, force: true });
});

describe('faultline up', () => {
  test('shows what issues of two namespaces have in common', async () => {
    const as = { kubeconfig: kubeconfig() };
    const columns = 'custom-columns=G:.spec.group,O:.status.open,N:.status.namespaces[*].namespace';
    const groups = () => kubectl(['get', 'issuegroups', '--no-headers', '-o', columns], as);
    await expect
      .poll(async () => (await groups()).stdout, { timeout: 15_000 })
      .toMatch(/^test-database.example.com +2 +analytics,shop\n$/);
  });

  test('shows the end of the log of the failing step, masked, to who may read evidence', async () => {
    const selector = '--field-selector=status.observed.name=payments-on-push-x7k2p';
    const as = { kubeconfig: kubeconfig() };
    const { stdout } = await kubectl(['get', 'issues', '-n', 'shop', selector, '-o', 'name'], as);
    const name = stdout.trim().replace('issue.faultline.dev/', '');
    const path = `/apis/faultline.dev/v1alpha1/namespaces/shop/issues/${name}/evidence`;
    await expect
      .poll(async () => (await kubectl(['get', '--raw', path], as)).stdout, { timeout: 10_000 })
      .toContain('refund of 3 × 0.335 EUR');
    const printed = await run([faultline, 'evidence', name, '-n', 'shop', '--kubeconfig', kubeconfig()]);
    expect(printed.stdout).toContain('connecting to postgres://***@db.test.svc');
    expect(printed.stdout).toContain('Exit code: 2');
  });

  test('resolves, reopens and opens issues in a running watch as files of the folder are edited and added', async () => {
    await using watch = kubectlWatch(['get', 'issues', '-n', 'shop', '-w', '--no-headers'], {
      kubeconfig: kubeconfig(),
    });
    const payments = (await issues()).find(({ subject, state }) => subject === 'payments' && state === 'Active');
    await watch.nextMatching(new RegExp(payments?.name as string));
    const build = cluster('shop', 'payments-build.yaml');

    await edit(build, 'status: "False"', 'status: "True"');
    expect(await watch.nextMatching(new RegExp(`${payments?.name}.*Resolved`))).toBeTruthy();
    await edit(build, 'status: "True"', 'status: "False"');
    expect(await watch.nextMatching(new RegExp(`${payments?.name}.*Active`))).toBeTruthy();

    const before = (await issues()).length;
    await cp(join(examples, 'new-failure.yaml'), cluster('shop', 'new-failure.yaml'));
    await watch.nextMatching(/Active/);
    expect((await issues()).length).toBe(before + 1);
  });

  test('refuses a second process on the same state folder, a taken port and another cluster, each in one line', async () => {
    const second = await run(args());
    expect(second.code).toBe(1);
    expect(second.stderr.trim().split('\n')).toHaveLength(1);
    expect(second.stderr).toMatch(/already|in use|running/);

    const taken = await run(args('other-state'));
    expect(taken.code).toBe(1);
    expect(taken.stderr.trim().split('\n')).toHaveLength(1);
    expect(taken.stderr).toMatch(new RegExp(`${port}.*--listen|--listen.*${port}`, 's'));
  });

  test('shows the same issues with the same names and uids after a restart, and after kill -9', async () => {
    const before = await issues();
    await up?.stop('SIGINT', 5_000);
    expect(up?.ended).toBe('code 0');
    up = await start();
    expect(await issues()).toEqual(before);
    await up.stop('SIGKILL', 5_000);
    up = await start();
    expect(await issues()).toEqual(before);
  });

  test('refuses the state of another cluster in one line', async () => {
    await up?.stop('SIGINT', 5_000);
    await cp(cluster(), join(dir, 'elsewhere'), { recursive: true });
    const config = await readFile(join(dir, 'faultline.yaml'), 'utf8');
    await writeFile(join(dir, 'faultline.yaml'), config.replace('./cluster', './elsewhere'));
    const other = await run(args());
    await writeFile(join(dir, 'faultline.yaml'), config);
    up = await start();
    expect(other.code).toBe(1);
    expect(other.stderr.trim().split('\n')).toHaveLength(1);
    expect(other.stderr).toContain('choose another state folder');
  });
});

test('docs/api.md: kubectl proxy lends its credentials to a browser that reads /docs', async () => {
  await using proxy = kubectlWatch(['proxy', '--port=0'], { kubeconfig: kubeconfig() });
  const [url] = /(?<=on )127\S+/.exec(await proxy.nextMatching(/Starting to serve/)) ?? [];
  const page = await fetch(`http://${url}/docs`);
  expect([page.status, page.url]).toEqual([200, `http://${url}/docs/`]);
  for (const [, name] of (await page.text()).matchAll(/(?:src|href)="([^"]+)"/g)) {
    const file = await fetch(`http://${url}/docs/${name}`);
    expect([name, file.status, (await file.text()).length > 100]).toEqual([name, 200, true]);
  }
  expect(await (await fetch(`http://${url}/openapi.json`)).json()).toMatchObject({ openapi: '3.1.0' });
});

describe('kubectl against the embedded server', () => {
  kubectlContract(() => ({
    kubeconfig: kubeconfig(),
    namespace: 'docs',
    async resolve(issue) {
      const { stdout } = await kubectl(
        ['get', 'issue', issue, '-n', 'docs', '-o', 'jsonpath={.status.observed.name}'],
        {
          kubeconfig: kubeconfig(),
        },
      );
      const file = cluster('docs', 'pipelineruns.yaml');
      const documents = (await readFile(file, 'utf8')).split(/^---$/m);
      const fixed = documents.map((text) =>
        text.includes(`name: ${stdout}\n`) ? text.replace(/status: ["']False["']/, 'status: "True"') : text,
      );
      await writeFile(file, fixed.join('---'));
    },
  }));
});

async function run(argv: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(node, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code, stdout, stderr };
}
