import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Child } from '../controlplane/child.ts';
import { startControlPlane } from '../controlplane/control-plane.ts';
import { freePort } from '../controlplane/ports.ts';
import { faultline as binary, embedded, type Installation, type IssueJson, install, node } from './installation.ts';
import { at, createRun } from './pipelineruns.ts';
import { RawWatch } from './raw-watch.ts';

/**
 * Issues belong to their namespace and may own objects in it, as a real kube-controller-manager sees it: its namespace
 * controller, its garbage collector and its quota controller.
 */
const GROUP = '/apis/faultline.dev/v1alpha1';
let faultline: Installation;
beforeAll(async () => {
  faultline = await install({
    namespaces: ['watched', 'again', 'outage', 'foreign', 'owners', 'quota', 'shape'],
    // Resolved issues leave soon: what they owned is then collected.
    serverConfiguration:
      'apiVersion: config.faultline.dev/v1alpha1\nkind: FaultlineConfiguration\nissues: {resolvedVisibleFor: 1s}\n',
  });
  await faultline.plane.startControllerManager([
    'namespace-controller',
    'garbage-collector-controller',
    'resourcequota-controller',
  ]);
});
afterAll(async () => faultline?.[Symbol.asyncDispose]());

const run = (namespace: string, component: string, { n = 1, succeeded = false, seconds = 0 } = {}): Promise<void> =>
  createRun(faultline.plane, { name: `${component}-${n}`, namespace, component }, {
    succeeded,
    at: at(seconds),
  } as Parameters<typeof createRun>[2]);
const open = async (namespace: string, ...components: string[]): Promise<IssueJson[]> => {
  for (const component of components) await run(namespace, component);
  return faultline.until(namespace, (issues) =>
    components.every((component) => issues.some(({ spec }) => spec.subject.name === component)),
  );
};
const status = async (path: string): Promise<number> => (await faultline.plane.request(path)).status;

async function until(what: string, done: () => Promise<boolean>, ms = 60_000): Promise<void> {
  for (const deadline = Date.now() + ms; !(await done()); await sleep(100)) {
    if (Date.now() > deadline) throw new Error(`${what} never happened\n${await faultline.logs()}`);
  }
}
const untilStatus = (path: string, wanted: number): Promise<void> =>
  until(`${path} ${wanted}`, async () => (await status(path)) === wanted);

/** As `kubectl delete namespace`: returns when the namespace is gone. */
async function deleteNamespace(name: string): Promise<void> {
  await faultline.plane.request(`/api/v1/namespaces/${name}`, { method: 'DELETE' });
  await untilStatus(`/api/v1/namespaces/${name}`, 404);
}
async function createNamespace(name: string): Promise<void> {
  const { status: code, body } = await faultline.plane.request('/api/v1/namespaces', {
    method: 'POST',
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
  });
  if (code !== 201) throw new Error(body);
}

describe('a namespace', () => {
  test('X4 that is deleted takes its issues along by DELETED events of a watch that is open', async () => {
    const opened = await open('watched', 'a', 'b');
    const [first] = opened as [IssueJson];
    await using watch = await RawWatch.open(
      faultline.plane,
      `${GROUP}/namespaces/watched/issues?watch=true&resourceVersion=${highest(opened)}`,
    );
    expect(watch.status).toBe(200);
    await deleteNamespace('watched');
    const events = [await watch.next(), await watch.next()];
    expect(events.map((event) => event?.type)).toEqual(['DELETED', 'DELETED']);
    expect(events.map((event) => event?.object.metadata.name).sort()).toEqual(
      opened.map(({ metadata }) => metadata.name).sort(),
    );
    expect(await faultline.issues('watched')).toEqual([]);
    expect(await status(`${GROUP}/namespaces/watched/issues/${first.metadata.name}`)).toBe(404);
  });

  test('X4 that is made again starts empty, and the same names get new uids', async () => {
    const [before] = (await open('again', 'payments')) as [IssueJson];
    await deleteNamespace('again');
    await createNamespace('again');
    // At once: nobody has waited for a sweep.
    await run('again', 'payments', { seconds: 2 });
    await run('again', 'cart', { seconds: 2 });
    const after = await faultline.until('again', (issues) => {
      const subjects = issues.map(({ spec }) => spec.subject.name).sort();
      return (
        subjects.join() === 'cart,payments' && issues.every(({ metadata }) => metadata.uid !== before.metadata.uid)
      );
    });
    const same = after.find(({ metadata }) => metadata.name === before.metadata.name);
    expect(same?.status).toMatchObject({ state: 'Active', occurrences: 1, reopened: 0 });
  });

  test.skipIf(embedded)(
    'X4 that is deleted while the database is away takes its issues along when it is back',
    async () => {
      await open('outage', 'a', 'b', 'c');
      await faultline.postgres?.stop();
      await deleteNamespace('outage');
      await faultline.postgres?.start();
      await until('the sweep', async () => {
        const { status: code, body } = await faultline.plane.request(`${GROUP}/namespaces/outage/issues`);
        return code === 200 && (JSON.parse(body) as { items: unknown[] }).items.length === 0;
      });
    },
  );

  test.skipIf(embedded)('a server with the kubeconfig of another cluster is refused, and empties nothing', async () => {
    const before = await open('foreign', 'kept');
    await using other = await startControlPlane();
    await using stranger = await Child.start({
      name: 'faultline server of another cluster',
      command: node,
      args: [
        binary,
        'server',
        `--listen=127.0.0.1:${await freePort()}`,
        `--tls-cert-file=${join(faultline.dir, 'serving.pem')}`,
        `--tls-key-file=${join(faultline.dir, 'serving.key')}`,
        `--kubeconfig=${other.adminKubeconfigPath}`,
        `--database-url-file=${join(faultline.dir, 'database.url')}`,
        '--shutdown-delay=0s',
      ],
      logPath: join(faultline.dir, 'stranger.log'),
    });
    await until('its end', async () => stranger.ended !== undefined);
    expect(stranger.ended).toBe('code 1');
    expect(await readFile(stranger.logPath, 'utf8')).toMatch(/this database holds the issues of cluster \S+, not of/);
    expect(await faultline.issues('foreign')).toEqual(before);
  });
});

describe('the cluster’s controllers', () => {
  test('X5 X6 find nothing to delete: no delete verb, no finalizers, no owners', async () => {
    const [issue] = await open('shape', 'a');
    expect(issue?.metadata).not.toHaveProperty('finalizers');
    expect(issue?.metadata).not.toHaveProperty('ownerReferences');
    const { body } = await faultline.plane.request(GROUP);
    const { resources } = JSON.parse(body) as { resources: { name: string; verbs: string[] }[] };
    expect(resources.find(({ name }) => name === 'issues')?.verbs.sort()).toEqual(['get', 'list', 'watch']);
    for (const { verbs } of resources) expect(verbs.some((verb) => verb.startsWith('delete'))).toBe(false);
  });

  test('X8 a quota on issues has no effect, and does not disturb the rest of it', async () => {
    await faultline.plane.request('/api/v1/namespaces/quota/resourcequotas', {
      method: 'POST',
      body: {
        metadata: { name: 'all' },
        spec: { hard: { 'count/issues.faultline.dev': '0', 'count/configmaps': '10' } },
      },
    });
    const used = async () => {
      const { body } = await faultline.plane.request('/api/v1/namespaces/quota/resourcequotas/all');
      return (JSON.parse(body) as { status: { used?: Record<string, string> } }).status.used ?? {};
    };
    await until('the count of ConfigMaps', async () => (await used())['count/configmaps'] !== undefined);
    expect(await open('quota', 'a')).toHaveLength(1);
    expect((await used())['count/issues.faultline.dev'] ?? '0').toBe('0');
  });
});

describe('an issue as an owner', () => {
  const configMap = (name: string): string => `/api/v1/namespaces/owners/configmaps/${name}`;
  async function own(name: string, issue: IssueJson, uid = issue.metadata.uid): Promise<void> {
    const owner = { apiVersion: 'faultline.dev/v1alpha1', kind: 'Issue', name: issue.metadata.name, uid };
    const { status: code, body } = await faultline.plane.request('/api/v1/namespaces/owners/configmaps', {
      method: 'POST',
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ownerReferences: [owner] } },
    });
    if (code !== 201) throw new Error(body);
  }
  /** How often the garbage collector failed to find out about an owner. */
  const failures = async (): Promise<number> =>
    (await readFile(faultline.plane.logPath('kube-controller-manager'), 'utf8')).match(/error syncing item/g)?.length ??
    0;
  /** The garbage collector is alive, and asks us: what an owner of another uid owns goes. */
  async function collectorAsks(issue: IssueJson): Promise<void> {
    const name = `stray-${Math.random().toString(36).slice(2, 8)}`;
    await own(name, issue, '00000000-0000-4000-8000-000000000000');
    await untilStatus(configMap(name), 404);
  }

  test('X7 T6 keeps what it owns while it exists, and an owner of another uid does not', async () => {
    const [issue] = (await open('owners', 'keeper')) as [IssueJson];
    await own('kept', issue);
    await collectorAsks(issue);
    expect(await status(configMap('kept'))).toBe(200);
  });

  test('X7 E4 P16 keeps what it owns while our server is down, starting, or without its database', async () => {
    const [issue] = (await faultline.until('owners', (issues) => issues.length === 1)) as [IssueJson];
    const away = async (name: string): Promise<void> => {
      const before = await failures();
      await own(name, issue);
      // The collector's client asks ten times before it gives up.
      await until('the collector’s failure', async () => (await failures()) > before, 120_000);
      expect(await status(configMap(name))).toBe(200);
    };
    await faultline.stopServer('SIGKILL');
    await away('while-down');
    await faultline.startServer();
    if (faultline.postgres) {
      await faultline.postgres.stop();
      await away('without-database');
      // And with a server that has never seen it.
      await faultline.stopServer('SIGKILL');
      const starting = faultline.startServer();
      await away('while-starting');
      await faultline.postgres.start();
      await starting;
    }
    await faultline.until('owners', (issues) => issues.some(({ metadata }) => metadata.uid === issue.metadata.uid));
    await collectorAsks(issue);
    for (const name of ['kept', 'while-down', ...(faultline.postgres ? ['without-database', 'while-starting'] : [])]) {
      expect(await status(configMap(name)), name).toBe(200);
    }
  }, 480_000);

  test('X7 L4 takes what it owns along when it disappears', async () => {
    const [issue] = (await open('owners', 'leaver')).filter(({ spec }) => spec.subject.name === 'leaver') as [
      IssueJson,
    ];
    await own('owned', issue);
    await run('owners', 'leaver', { n: 2, succeeded: true, seconds: 2 });
    await untilStatus(`${GROUP}/namespaces/owners/issues/${issue.metadata.name}`, 404);
    // Nothing tells the collector: it asks again, later and later.
    await untilStatus(configMap('owned'), 404);
    expect(await status(configMap('kept'))).toBe(200);
  });
});

function highest(issues: readonly IssueJson[]): string {
  return String(Math.max(...issues.map(({ metadata }) => Number(metadata.resourceVersion))));
}
