import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { registerApiService } from '../controlplane/api-service.ts';
import { type Endpoint, Informer, open, read } from './informer.ts';
import { embedded, type Installation, install } from './installation.ts';
import { at, createRun } from './pipelineruns.ts';

/** Watches as real clients have them: through a real aggregator, with two replicas, restarts and compaction. */
const ISSUES = '/apis/faultline.dev/v1alpha1/issues';

let faultline: Installation;
let token: string;
let runs = 0;
beforeAll(async () => {
  faultline = await install({ namespaces: ['watched'] });
  token = await reader();
  await fail(3);
});
afterAll(async () => faultline?.[Symbol.asyncDispose]());

const aggregated = (): Endpoint => ({
  url: faultline.plane.url,
  caPem: faultline.plane.caPem,
  as: faultline.plane.admin,
});
const direct = (port: number): Endpoint => ({
  url: `https://127.0.0.1:${port}`,
  caPem: faultline.plane.servingCa.certificatePem,
  as: { token },
});

/** Runs of ten components that fail, one after another: the first of each opens an issue, the others change it. */
async function fail(count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    const run = { name: `run-${++runs}`, namespace: 'watched', component: `component-${runs % 10}` };
    await createRun(faultline.plane, run, { succeeded: false, at: at(runs) });
  }
}

/** The server's own state, as soon as it shows the last failure. */
async function settled(): Promise<Map<string, string>> {
  const issues = await faultline.until('watched', (all) =>
    all.some(({ status }) => status.observed?.name === `run-${runs}`),
  );
  return new Map(issues.map(({ metadata }) => [`${metadata.namespace}/${metadata.name}`, metadata.resourceVersion]));
}

async function expectSame(informers: readonly Informer[]): Promise<void> {
  const state = await settled();
  for (const informer of informers) await expect.poll(() => informer.state, { timeout: 20_000 }).toEqual(state);
}

test('W12 a watch over WebSocket through the aggregator, as Headlamp opens it', async () => {
  await settled();
  const { url, caPem, admin } = faultline.plane;
  const { resourceVersion } = JSON.parse(await read(await open(aggregated(), ISSUES))).metadata;
  const socket = new WebSocket(
    `${url.replace('https', 'wss')}${ISSUES}?watch=1&resourceVersion=${resourceVersion}`,
    ['base64.binary.k8s.io'],
    { ca: caPem, cert: admin.certificatePem, key: admin.keyPem },
  );
  await once(socket, 'open');
  expect(socket.protocol).toBe('base64.binary.k8s.io');
  const message = once(socket, 'message') as Promise<[Buffer, boolean]>;
  await fail(1);
  const [data, isBinary] = await message;
  expect(isBinary).toBe(false);
  expect(JSON.parse(data.toString())).toMatchObject({ type: 'ADDED', object: { kind: 'Issue' } });
  socket.terminate();
});

test('W12 A7 a watch over WebSocket straight to the server, with a ServiceAccount’s token as a browser sends it', async () => {
  await settled();
  const { url, caPem } = direct(faultline.server.port);
  const bearer = (secret: string) =>
    `base64url.bearer.authorization.k8s.io.${Buffer.from(secret).toString('base64url')}`;
  const watch = (secret: string) =>
    new WebSocket(`${url.replace('https', 'wss')}${ISSUES}?watch=1`, [bearer(secret), 'base64.binary.k8s.io'], {
      ca: caPem,
    });
  const socket = watch(token);
  const [data] = (await once(socket, 'message')) as [Buffer];
  expect(socket.protocol).toBe('base64.binary.k8s.io');
  expect(JSON.parse(data.toString())).toMatchObject({ type: 'ADDED', object: { kind: 'Issue' } });
  socket.terminate();
  const refused = watch(`${token}x`);
  const [, response] = (await once(refused, 'unexpected-response')) as [unknown, { statusCode: number }];
  expect(response.statusCode).toBe(401);
});

describe.skipIf(embedded)('with two replicas (PostgreSQL only: PGlite belongs to one process)', () => {
  test('X13 what is listed on one replica is watched on the other without an event twice or missed', async () => {
    const replica = await faultline.startReplica();
    const [a, b] = [direct(faultline.server.port), direct(replica.port)];
    for (let round = 0; round < 10; round++) {
      await fail(1);
      await settled();
      const list = JSON.parse(await read(await open(a, ISSUES))) as { metadata: { resourceVersion: string } };
      const path = `${ISSUES}?watch=true&timeoutSeconds=60&resourceVersion=${list.metadata.resourceVersion}`;
      const watch = await open(b, path);
      expect(watch.statusCode).toBe(200);
      const event = once(watch, 'data') as Promise<[Buffer]>;
      await fail(1);
      const [line] = await event;
      expect(JSON.parse(line.toString().split('\n')[0] as string).object.status.observed.name).toBe(`run-${runs}`);
      watch.destroy();
    }
    await replica.child.stop('SIGTERM', 20_000);
  });

  test('X2 informers do not notice a rolling restart: same numbers, no list again, no error; kubectl -w ends cleanly', async () => {
    // The controllers report to the first replica; the one that is rolled is the one that serves.
    const old = await faultline.startReplica();
    await pointTo(old.port);
    const informers = Array.from({ length: 20 }, () => new Informer(ISSUES, aggregated));
    try {
      await expectSame(informers);
      await using kubectl = faultline.watch(['get', 'issues', '-A', '-w', '--no-headers']);
      await kubectl.nextMatching(/component-/);
      const writing = fail(20);
      await pointTo(faultline.server.port); // what a Service does when a pod is not ready any more
      await old.child.stop('SIGTERM', 20_000);
      await writing;
      await fail(3);
      await expectSame(informers);
      for (const informer of informers) {
        expect(informer.faults).toEqual([]);
        expect([informer.lists, informer.watches]).toEqual([1, 2]);
      }
      for await (const line of kubectl) expect(line).toContain('component-');
      expect(kubectl.stderr).toBe('');
    } finally {
      await Promise.all(informers.map((informer) => informer[Symbol.asyncDispose]()));
    }
  });

  test('V4 W6 L10 after compaction a number below the floor is 410 on every replica, and everybody recovers', async () => {
    const replica = await faultline.startReplica();
    const old = JSON.parse(await read(await open(aggregated(), `${ISSUES}?limit=1`))) as {
      metadata: { resourceVersion: string; continue: string };
    };
    await using informer = new Informer(ISSUES, aggregated);
    await expectSame([informer]);
    await fail(2);
    await expectSame([informer]);
    await compact();
    for (const endpoint of [direct(faultline.server.port), direct(replica.port)]) {
      // Until the replica has heard of the floor it may still answer from memory: that watch ends soon.
      const path = `${ISSUES}?watch=true&timeoutSeconds=1&resourceVersion=${old.metadata.resourceVersion}`;
      await expect
        .poll(async () => JSON.parse((await read(await open(endpoint, path))).split('\n')[0] || '{}'), {
          timeout: 10_000,
        })
        .toMatchObject({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } });
      const page = await open(endpoint, `${ISSUES}?limit=1&continue=${old.metadata.continue}`);
      expect([page.statusCode, JSON.parse(await read(page)).reason]).toEqual([410, 'Expired']);
    }
    await fail(1);
    await expectSame([informer]);
    // A watch that goes on is not touched by what is forgotten behind it.
    expect([informer.lists, informer.faults]).toEqual([1, []]);
    await replica.child.stop('SIGTERM', 20_000);
  });

  test('L10 kubectl get --chunk-size=1 completes while the log is compacted under it', async () => {
    await settled();
    const compacting = new AbortController();
    const compaction = (async () => {
      while (!compacting.signal.aborted) {
        await fail(1);
        await compact();
        await sleep(20);
      }
    })();
    const { code, stdout, stderr } = await faultline.kubectl(['get', 'issues', '-A', '--chunk-size=1', '-o', 'name']);
    compacting.abort();
    await compaction;
    expect([code, stderr]).toEqual([0, '']);
    expect(new Set(stdout.trim().split('\n')).size).toBe((await settled()).size);
  });
});

/** As the sweeper does an hour later. */
async function compact(): Promise<void> {
  await faultline.postgres?.psql(
    'WITH gone AS (DELETE FROM changes RETURNING change) UPDATE meta SET change_floor = last_change',
    'faultline',
  );
}

async function pointTo(port: number): Promise<void> {
  const { plane } = faultline;
  await registerApiService(plane, {
    group: 'faultline.dev',
    version: 'v1alpha1',
    port,
    caPem: plane.servingCa.certificatePem,
    namespace: 'faultline-system',
  });
}

async function reader(): Promise<string> {
  const { plane } = faultline;
  const issued = await plane.serviceAccountToken('default', 'reader');
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  await plane.request(`${rbac}/clusterroles`, {
    method: 'POST',
    body: {
      metadata: { name: 'e2e-reader' },
      rules: [{ apiGroups: ['faultline.dev'], resources: ['issues'], verbs: ['get', 'list', 'watch'] }],
    },
  });
  await plane.request(`${rbac}/clusterrolebindings`, {
    method: 'POST',
    body: {
      metadata: { name: 'e2e-reader' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'e2e-reader' },
      subjects: [{ kind: 'ServiceAccount', name: 'reader', namespace: 'default' }],
    },
  });
  return issued;
}
