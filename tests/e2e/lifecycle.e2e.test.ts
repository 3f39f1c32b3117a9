import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { send } from '../controlplane/api-request.ts';
import { type Installation, install } from './installation.ts';
import { at, completeRun, createRun, deleteRun } from './pipelineruns.ts';

/** Item 3 of the first slice: what a run's completion does to an issue, from a real cluster object to a real kubectl. */
let faultline: Installation;
beforeAll(async () => {
  faultline = await install({ namespaces: ['shop', 'storm', 'pull', 'gone', 'team-a'] });
});
afterAll(async () => faultline?.[Symbol.asyncDispose]());

describe('an issue', () => {
  test('opens, resolves and reopens under one name while kubectl watches', async () => {
    await using watch = faultline.watch(['get', 'issues', '-n', 'shop', '-w', '-o', 'wide', '--no-headers']);
    const run = (name: string) => ({ name, namespace: 'shop', component: 'payments' });

    await createRun(faultline.plane, run('payments-1'), { succeeded: false, at: at(0) });
    const opened = await watch.nextMatching(/Active/);
    const name = opened.split(/\s+/)[0] as string;
    expect(name).toMatch(/^component-payments-[a-z2-7]{8}$/);

    await createRun(faultline.plane, run('payments-2'));
    await completeRun(faultline.plane, 'shop', 'payments-2', { succeeded: true, at: at(1) });
    expect(await watch.nextMatching(/Resolved/)).toContain(name);

    await createRun(faultline.plane, run('payments-3'), {
      succeeded: false,
      at: at(2),
      reason: 'PipelineRunTimeout',
    });
    expect(await watch.nextMatching(/Active/)).toContain(name);

    const [issue, ...others] = await faultline.issues('shop');
    expect(others).toEqual([]);
    expect(issue).toMatchObject({
      metadata: { name },
      spec: { subject: { kind: 'Component', name: 'payments', aspect: 'build/push/main' } },
      status: { state: 'Active', reopened: 1, occurrences: 2, observed: { name: 'payments-3' } },
    });
  });

  test('of the branch is never touched by a pull request, failing or green', async () => {
    const { plane } = faultline;
    const run = (name: string, pullRequest?: number) => ({
      name,
      namespace: 'pull',
      component: 'cart',
      ...(pullRequest === undefined ? {} : { pullRequest }),
    });
    await createRun(plane, run('cart-push-1'), { succeeded: false, at: at(0) });
    await createRun(plane, run('cart-pr-1', 18), { succeeded: false, at: at(0) });
    const both = await faultline.until('pull', (issues) => issues.length === 2);
    expect(both.map(({ spec }) => spec.subject.aspect).sort()).toEqual(['build/pr/18', 'build/push/main']);

    await createRun(plane, run('cart-pr-2', 18), { succeeded: true, at: at(1) });
    const after = await faultline.until('pull', (issues) => issues.some(({ status }) => status.state === 'Resolved'));
    const states = Object.fromEntries(after.map(({ spec, status }) => [spec.subject.aspect, status.state]));
    expect(states).toEqual({ 'build/pr/18': 'Resolved', 'build/push/main': 'Active' });
  });

  test('stays when its failed run is pruned', async () => {
    const run = { name: 'keeper-1', namespace: 'gone', component: 'keeper' };
    await createRun(faultline.plane, run, { succeeded: false, at: at(0) });
    const [before] = await faultline.until('gone', (issues) => issues.length === 1);
    await deleteRun(faultline.plane, 'gone', 'keeper-1');
    // A later look at another component proves that the deletion has been seen.
    await createRun(faultline.plane, { ...run, name: 'other-1', component: 'other' }, { succeeded: false, at: at(0) });
    const after = await faultline.until('gone', (issues) => issues.length === 2);
    expect(after.find(({ metadata }) => metadata.uid === before?.metadata.uid)?.status.state).toBe('Active');
  });
});

test('a group of two namespaces shrinks as its members heal and resolves with the last, for whoever has that right', async () => {
  const { plane } = faultline;
  const run = (name: string, namespace: string) => ({ name, namespace, component: 'grouped', group: 'CVE-2026-1234' });
  await using watch = faultline.watch(['get', 'issuegroups', '-w', '-o', 'wide', '--no-headers']);
  await createRun(plane, run('grouped-1', 'shop'), { succeeded: false, at: at(0) });
  await createRun(plane, run('grouped-2', 'pull'), { succeeded: false, at: at(0) });
  const [name] = (await watch.nextMatching(/Active +2 +0 +2 /)).split(/\s+/) as [string];
  expect(name).toMatch(/^cve-2026-1234-[a-z2-7]{12}$/);

  await createRun(plane, run('grouped-3', 'shop'), { succeeded: true, at: at(1) });
  expect(await watch.nextMatching(/Active +1 +1 +1 /)).toContain(name);
  const { stdout } = await faultline.kubectl([
    'get',
    'issg',
    name,
    '-o',
    'jsonpath={.status.namespaces} {.spec.group}',
  ]);
  expect(stdout).toBe('[{"namespace":"pull","open":1}] CVE-2026-1234');

  await createRun(plane, run('grouped-4', 'pull'), { succeeded: true, at: at(1) });
  const waited = await faultline.kubectl(['wait', '--for=condition=Resolved', `issuegroup/${name}`, '--timeout=20s']);
  expect(waited.stdout).toContain('condition met');
  const explained = await faultline.kubectl(['explain', 'issuegroups.status.days']);
  expect(explained.stdout).toContain('Opened and resolved per day');

  // Who may view a namespace sees its issues, and no groups: they show all namespaces.
  await faultline.kubectl([
    'create',
    'clusterrolebinding',
    'viewers',
    '--clusterrole=faultline-view',
    '--group=viewers',
  ]);
  const asViewer = (...args: string[]) => faultline.kubectl([...args, '--as=dev', '--as-group=viewers']);
  expect((await asViewer('get', 'issues', '-n', 'shop')).code).toBe(0);
  expect((await asViewer('get', 'issuegroups')).stderr).toContain('cannot list resource "issuegroups"');
}, 90_000);

test('restarting the controllers over a backlog of 2,000 old runs changes nothing', async () => {
  const { plane } = faultline;
  // One run of each component a second: all after the creation of the namespace, none refused as too far ahead.
  const runs = Array.from({ length: 2_000 }, (_, index) => ({
    options: { name: `storm-${index}`, namespace: 'storm', component: `c${index % 40}` },
    // Every component's last run (the newest 40) fails for even components and succeeds for odd ones.
    outcome: { succeeded: index >= 1_960 ? index % 2 === 1 : index % 3 === 0, at: at(Math.floor(index / 40)) } as const,
  }));
  await inParallel(32, runs, ({ options, outcome }) => createRun(plane, options, outcome));
  const settled = await faultline.until(
    'storm',
    (issues) => issues.filter(({ status }) => status.state === 'Active').length === 20 && newestSeen(issues, 1_960),
    60_000,
  );
  const before = fingerprints(settled);

  await faultline.stopControllers();
  await faultline.startControllers();
  // A new failure is reported after the whole backlog has been looked at again.
  await createRun(
    plane,
    { name: 'sentinel-1', namespace: 'storm', component: 'sentinel' },
    { succeeded: false, at: at(0) },
  );
  const after = await faultline.until(
    'storm',
    (issues) => issues.some(({ spec }) => spec.subject.name === 'sentinel'),
    60_000,
  );
  expect(fingerprints(after.filter(({ spec }) => spec.subject.name !== 'sentinel'))).toEqual(before);
});

test('a WebhookReceiver that kubectl applies takes what GitHub signs; kubectl shows it, and what is wrong with it', async () => {
  const root = join(import.meta.dirname, '..', '..');
  const example = await readFile(join(root, 'examples', 'receivers', 'github-workflow-run.yaml'), 'utf8');
  const page = await readFile(join(root, 'docs', 'receivers.md'), 'utf8');
  const role = /^```yaml\n(apiVersion: rbac.*?)^```$/ms.exec(page)?.[1] ?? '';
  const apply = (input: string) => faultline.kubectl(['apply', '-f', '-'], { input });
  const accepted = (status: string) => [
    ...['wait', '-n', 'team-a', 'webhookreceiver/github', `--for=condition=Accepted=${status}`, '--timeout=20s'],
  ];
  const key = ['-n', 'team-a', 'create', 'secret', 'generic', 'github-webhook', '--from-literal=secret=of-the-webhook'];
  for (const { code, stderr } of [await faultline.kubectl(key), await apply(role), await apply(example)]) {
    expect([code, stderr]).toEqual([0, '']);
  }
  expect((await faultline.kubectl(accepted('True'))).stderr).toBe('');

  const text = await readFile(
    join(root, 'examples', 'receivers', 'payloads', 'github-workflow-run-failure.json'),
    'utf8',
  );
  const payload = JSON.parse(text) as { workflow_run: { updated_at: string } };
  // Later than the namespace, to which what happened before it says nothing.
  payload.workflow_run.updated_at = new Date().toISOString();
  const deliver = (secret: string) =>
    send(
      `https://127.0.0.1:${faultline.server.port}/api/v1/receivers/namespaces/team-a/github`,
      faultline.plane.servingCa.certificatePem,
      {
        method: 'POST',
        body: payload,
        headers: {
          'x-github-event': 'workflow_run',
          'x-github-delivery': 'of-this-test',
          'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(JSON.stringify(payload)).digest('hex')}`,
        },
      },
    );
  expect((await deliver('another')).status).toBe(401);
  const first = await deliver('of-the-webhook');
  expect([first.status, first.body]).toEqual([200, expect.stringContaining('"cell":"3A"')]);
  expect((await deliver('of-the-webhook')).body).toContain('"cell":"3A"');
  await faultline.until('team-a', (issues) => issues.length === 1);
  const { stdout } = await faultline.kubectl(['get', 'issues', '-n', 'team-a']);
  expect(stdout).toMatch(
    /^repository-acme-storefront-\S+ +major +test +Active .*Unit tests of acme\/storefront: failure$/m,
  );

  await apply(example.replace('payload.action ==', 'paylod.action =='));
  expect((await faultline.kubectl(accepted('False'))).stderr).toBe('');
  const shown = await faultline.kubectl(['get', 'webhookreceivers', '-n', 'team-a', '-o', 'wide', '--no-headers']);
  expect(shown.stdout).toMatch(
    /^github +False +\/api\/v1\/receivers\/namespaces\/team-a\/github .*spec\.match 1:48: nothing is called paylod/,
  );
  const two = await apply(example.replace('  complete: true', `  complete: true\n  resolve: "['run']"`));
  expect([two.code, two.stderr]).toEqual([1, expect.stringContaining('write no resolve')]);
});

interface Seen {
  metadata: { name: string; uid: string; resourceVersion: string };
  status: { state: string; observed?: { name: string } };
}

/** Every Active issue was last shown by one of its component's newest runs. */
function newestSeen(issues: readonly Seen[], from: number): boolean {
  return issues
    .filter(({ status }) => status.state === 'Active')
    .every(({ status }) => Number(status.observed?.name.split('-')[1]) >= from);
}

/** What must not change: the resource version too, because nothing is written for an old look. */
function fingerprints(issues: readonly Seen[]): string[] {
  return issues
    .map(({ metadata, status }) => `${metadata.name} ${metadata.uid} ${metadata.resourceVersion} ${status.state}`)
    .sort();
}

async function inParallel<T>(width: number, items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (const item of queue) await run(item);
    }),
  );
}
