import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { stringify } from 'yaml';
import type { Issue } from '../../crds/issue.ts';
import { type CollectedSpan, Collector } from '../../tracing/testing/collector.ts';
import { apiClient } from '../testing/api-client.ts';
import { startCommand } from '../testing/running-command.ts';

/** One `faultline up` after the other on one state folder, as a person has it over a day. */
let root: string;
let folder: string;
let stateDir: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'faultline-up-'));
  folder = join(root, 'cluster');
  stateDir = join(root, 'state');
  await write('build.yaml', run('build-1', 'False', '2026-11-20T10:00:00Z'));
  await writeFile(
    join(root, 'faultline.yaml'),
    'apiVersion: config.faultline.dev/v1alpha1\nkind: FaultlineConfiguration\ncluster: {folder: ./cluster}\n',
  );
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function write(name: string, object: object): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, name), stringify(object));
}

function run(name: string, succeeded: 'True' | 'False', completionTime: string): object {
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: {
      name,
      namespace: 'shop',
      uid: `uid-of-${name}`,
      creationTimestamp: '2026-11-20T09:00:00Z',
      labels: { 'tekton.dev/pipeline': 'build' },
    },
    spec: { pipelineRef: { name: 'build' } },
    status: {
      completionTime,
      conditions: [
        {
          type: 'Succeeded',
          status: succeeded,
          reason: succeeded === 'True' ? 'Succeeded' : 'Failed',
          message: 'x',
          lastTransitionTime: completionTime,
        },
      ],
    },
  };
}

const up = (...more: string[]) => upWith({}, ...more);
const upWith = (env: Record<string, string>, ...more: string[]) =>
  startCommand(['up', '--state-dir', stateDir, '--listen', '127.0.0.1:0', ...more], { directory: root, env });

/** From the watch event to the stored change: each span the child of the one before it. */
function traceOf({ spans }: Collector, object: string): CollectedSpan[] {
  const trace = spans
    .filter(({ attributes }) => attributes.some(({ value }) => value.stringValue === object))
    .slice(0, 1);
  for (let last = trace.at(-1); last !== undefined; ) {
    const { spanId, traceId }: CollectedSpan = last;
    last = spans.find((span) => span.parentSpanId === spanId && span.traceId === traceId);
    if (last) trace.push(last);
  }
  return trace;
}

async function firstOf(
  events: AsyncGenerator<{ type: string; object: Issue }>,
  wanted: (issue: Issue) => boolean,
): Promise<Issue> {
  for await (const { object } of events) if (wanted(object)) return object;
  throw new Error('the watch ended');
}

describe('faultline up', { timeout: 60_000 }, () => {
  it('serves kubectl, resolves and reopens an issue when a file is edited, and leaves in order', async () => {
    await using collector = await Collector.start();
    await using command = upWith({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint });
    await command.printed('get issues -A -w');
    expect(command.out.text()).toMatch(
      /^Faultline \S+ serves https:\/\/127\.0\.0\.1:\d+ and reads the folder cluster\nReady in \S+ s: 1 Active and 0 Resolved issues from 1 object\nKubeconfig: state\/kubeconfig\n/,
    );
    expect((await stat(join(stateDir, 'kubeconfig'))).mode & 0o777).toBe(0o600);

    await using client = await apiClient(join(stateDir, 'kubeconfig'));
    const [issue] = await client.issues();
    expect(issue).toMatchObject({
      kind: 'Issue',
      metadata: { namespace: 'shop' },
      status: { state: 'Active', reopened: 0 },
    });
    // Gauges, too: the engine's and the controllers' are in one place.
    const metrics = await client.text('/metrics');
    expect(metrics).toMatch(/^faultline_decisions_total\{cell="3A"\} 1$/m);
    expect(metrics).toMatch(/^faultline_objects\{controller="tekton-pipelinerun",outcome="failing"\} 1$/m);
    const explained = startCommand(
      ['explain', 'pipelinerun/build-1', '-n', 'shop', '--kubeconfig', join(stateDir, 'kubeconfig')],
      { directory: root },
    );
    expect(await explained.exitCode).toBe(0);
    expect(explained.out.text()).toContain('PipelineRun.tekton.dev build-1 in namespace shop');
    expect(explained.out.text()).toMatch(/Decision: +run 3A opened an issue: issue shop\/\S+/);
    const watching = new AbortController();
    const events = client.watch(watching.signal);
    await write('build.yaml', run('build-2', 'True', '2026-11-20T11:00:00Z'));
    const resolved = await firstOf(events, ({ status }) => status.state === 'Resolved');
    expect(resolved).toMatchObject({
      metadata: { name: issue?.metadata.name },
      status: { resolvedReason: 'Recovered' },
    });
    watching.abort();
    await vi.waitFor(() => expect(traceOf(collector, 'build-2')).toHaveLength(4), { timeout: 10_000 });
    const [look, report, request, commit] = traceOf(collector, 'build-2');
    expect([look?.name, report?.name, request?.name, commit?.name]).toEqual([
      ...['look PipelineRun', 'report', 'POST /api/v1/reports', 'commit'],
    ]);

    const again = new AbortController();
    const more = client.watch(again.signal);
    await write('build.yaml', run('build-3', 'False', '2026-11-20T12:00:00Z'));
    const reopened = await firstOf(more, ({ status }) => status.state === 'Active');
    expect(reopened).toMatchObject({
      metadata: { name: issue?.metadata.name, uid: issue?.metadata.uid },
      status: { reopened: 1 },
    });
    again.abort();

    expect(await command.stop()).toBe(0);
    await expect(stat(join(stateDir, 'lock'))).rejects.toThrow('ENOENT');
  });

  it('shows the same names and uids after a restart, and its kubeconfig still holds', async () => {
    const seen: unknown[] = [];
    const kubeconfigs: string[] = [];
    for (let start = 0; start < 2; start++) {
      await using command = up();
      await command.printed('Ready');
      const kubeconfig = await readFile(join(stateDir, 'kubeconfig'), 'utf8');
      kubeconfigs.push(kubeconfig.replace(/127\.0\.0\.1:\d+/, ''));
      await using client = await apiClient(join(stateDir, 'kubeconfig'));
      seen.push(
        (await client.issues()).map(({ metadata: { name, uid }, status: { reopened } }) => ({ name, uid, reopened })),
      );
    }
    expect(seen[1]).toEqual(seen[0]);
    expect(seen[0]).toEqual([expect.objectContaining({ reopened: 1 })]);
    expect(kubeconfigs[1]).toBe(kubeconfigs[0]);
  });

  it('is refused on a state folder that another one uses, in one line', async () => {
    await using first = up();
    await first.printed('Ready');
    const second = up();
    expect(await second.exitCode).toBe(1);
    expect(second.err.text()).toMatch(/^error: \S+ is in use by faultline with pid \d+: [^\n]*--state-dir\n$/);
  });

  it('is refused on the state of another cluster, in one line, and leaves that state alone', async () => {
    const before = await readFile(join(stateDir, 'kubeconfig'), 'utf8');
    const other = join(root, 'other.yaml');
    await writeFile(
      other,
      'apiVersion: config.faultline.dev/v1alpha1\nkind: FaultlineConfiguration\ncluster: {folder: .}\n',
    );
    const command = up('--config', other);
    expect(await command.exitCode).toBe(1);
    expect(command.err.text()).toMatch(/^error: this database holds the issues of cluster folder:[^\n]+\n$/);
    expect(await readFile(join(stateDir, 'kubeconfig'), 'utf8')).toBe(before);
  });

  it('says in one line that its port is taken', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await new Promise((listening) => squatter.once('listening', listening));
    const { port } = squatter.address() as { port: number };
    const command = up('--listen', `127.0.0.1:${port}`);
    expect(await command.exitCode).toBe(1);
    expect(command.err.text()).toMatch(
      new RegExp(`^error: 127.0.0.1:${port} is taken by another process: [^\\n]+--listen[^\\n]+\\n$`),
    );
    squatter.close();
  });

  it('lists the faults of its configuration and ends with 1', async () => {
    const broken = join(root, 'broken.yaml');
    await writeFile(
      broken,
      'kind: FaultlineConfiguration\nclutser: {}\ncontrollers: [{use: tekton/pipelinerun, with: {consoleUrl: x}}]\n',
    );
    const command = up('--config', broken);
    expect(await command.exitCode).toBe(1);
    expect(command.err.text().trim().split('\n')).toHaveLength(3);
    expect(command.err.text()).toContain('controllers[0].with.consoleUrl');
  });
});

describe('faultline up --cluster', { timeout: 60_000 }, () => {
  const kubeconfig = (server: string) => ({
    'current-context': 'away',
    clusters: [{ name: 'c', cluster: { server } }],
    users: [{ name: 'u', user: { token: 't' } }],
    contexts: [{ name: 'away', context: { cluster: 'c', user: 'u' } }],
  });

  it('ends with 1 for a context that does not exist', async () => {
    await writeFile(join(root, 'kubeconfig'), stringify(kubeconfig('https://127.0.0.1:1')));
    const command = up('--cluster', '--kubeconfig', 'kubeconfig', '--context', 'nowhere');
    expect(await command.exitCode).toBe(1);
    expect(command.err.text()).toBe('error: kubeconfig has no context "nowhere" (it has away)\n');
  });

  it('serves what is stored while the cluster is away, says so once, and leaves in order', async () => {
    await writeFile(join(root, 'kubeconfig'), stringify(kubeconfig('https://127.0.0.1:1')));
    const state = join(root, 'away');
    await mkdir(state);
    await writeFile(
      join(state, 'cluster.json'),
      JSON.stringify({ id: 'uid-of-kube-system', server: 'https://127.0.0.1:1' }),
    );
    const command = startCommand(
      [
        'up',
        '--cluster',
        '--kubeconfig',
        'kubeconfig',
        '--state-dir',
        state,
        '--listen',
        '127.0.0.1:0',
        '--log-format',
        'lines',
      ],
      { directory: root },
    );
    await command.printed('what is stored for now');
    await using client = await apiClient(join(state, 'kubeconfig'));
    expect(await client.issues()).toEqual([]);
    expect(command.err.text()).toMatch(
      /^\S+ warn {2}cannot reach https:\/\/127\.0\.0\.1:1: [^\n]*ECONNREFUSED[^\n]*\n$/,
    );
    expect(await command.stop()).toBe(0);
  });
});
