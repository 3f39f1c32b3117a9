import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Child } from '../controlplane/child.ts';
import { freePort } from '../controlplane/ports.ts';
import { faultline, node } from './installation.ts';
import { type RealTerminal, realTerminal } from './tmux.ts';

/** The terminal UI as it is installed, in a real terminal, on `faultline up` with a copy of the example cluster. */
const examples = join(import.meta.dirname, '..', '..', 'examples');
let dir: string;
let port: number;
let up: Child;
let terminal: RealTerminal;
let starts = 0;

async function start(): Promise<Child> {
  const logPath = join(dir, `up-${++starts}.log`);
  const flags = [
    `--config=${join(dir, 'faultline.yaml')}`,
    `--state-dir=${join(dir, 'state')}`,
    `--listen=127.0.0.1:${port}`,
  ];
  const child = await Child.start({ name: 'faultline up', command: node, args: [faultline, 'up', ...flags], logPath });
  await child.until('ready', async () => /kubectl .*get issues/.test(await readFile(logPath, 'utf8')), 90_000);
  return child;
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'faultline-ui-'));
  port = await freePort();
  await cp(join(examples, 'cluster'), join(dir, 'cluster'), { recursive: true });
  await writeFile(
    join(dir, 'faultline.yaml'),
    'apiVersion: config.faultline.dev/v1alpha1\nkind: FaultlineConfiguration\ncluster: {folder: ./cluster}\ncontrollers:\n  - {use: tekton/pipelinerun}\n',
  );
  up = await start();
  terminal = await realTerminal({
    ...{ dir, columns: 80, rows: 24 },
    command: [node, faultline],
    env: { KUBECONFIG: join(dir, 'state', 'kubeconfig'), HOME: dir, LC_ALL: 'C.UTF-8', CI: 'true' },
  });
}, 180_000);
afterAll(async () => {
  await terminal?.[Symbol.asyncDispose]();
  await up?.stop('SIGKILL', 1_000);
  await rm(dir, { recursive: true, force: true });
});

describe('a morning with the terminal UI', () => {
  test('the worst issue is the first; its evidence is read, it is acknowledged, and seen to resolve', async () => {
    const [, , , first = ''] = (await terminal.shows('● live')).split('\n');
    expect(first).toMatch(/release-m\S* +relea\S* critical +release/);

    await terminal.press('Enter');
    expect(await terminal.shows('Why:')).toMatch(/issues › releaseplan-shop/);
    await terminal.press('l');
    expect(await terminal.shows('Object:')).toContain('PipelineRun/managed-4d9kq');
    await terminal.press('q', 'q');

    await terminal.press('a');
    await terminal.shows('acknowledge release-managed/releaseplan');
    await terminal.type('looking at it');
    await terminal.press('Enter');
    await terminal.shows('acknowledged');
    await terminal.shows(/^ ✓ release-m/m);

    const file = join(dir, 'cluster', 'release-managed', 'pipelineruns.yaml');
    await writeFile(file, (await readFile(file, 'utf8')).replace('status: "False"', 'status: "True"'));
    const after = await terminal.shows('is resolved');
    expect(after).not.toMatch(/^ . release-m/m);
    await terminal.press('A');
    expect(await terminal.shows('Resolved')).toContain('releaseplan');
    await terminal.press('A', 'Escape');
  });

  test('a server that restarts is told, and the selection is where it was', async () => {
    await terminal.type('/payments');
    await terminal.press('Enter', 'j', 'j');
    const selected = /\d\/\d/.exec(await terminal.shows(/3\/\d/))?.[0] ?? '';
    await up.stop('SIGKILL', 5_000);
    expect(await terminal.shows('○ lost')).toContain(selected);
    up = await start();
    expect(await terminal.shows('● live', 60_000)).toContain(selected);
    await terminal.press('Escape');
  });

  test('follows the size of the terminal, and leaves it as it was', async () => {
    await terminal.resize(200, 50);
    await terminal.shows('space mark');
    await terminal.press('w');
    expect(await terminal.shows('REASON')).toContain('SUBJECT');
    await terminal.press('q');
    expect(await terminal.shows('ended with 0')).not.toContain('live');
  });
});
