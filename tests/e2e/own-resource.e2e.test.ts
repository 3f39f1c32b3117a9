import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { registerApiService } from '../controlplane/api-service.ts';
import { type KubectlWatch, kubectls } from '../controlplane/kubectl.ts';
import { type Postgres, startPostgres } from '../controlplane/postgres.ts';
import { embedded, type Installation, install } from './installation.ts';
import { at, createRun } from './pipelineruns.ts';

/**
 * A resource of one's own (docs/write-a-resource.md) behind the aggregator of a real kube-apiserver, with every kubectl:
 * examples/resource, from the table of somebody's PostgreSQL and from a file. What it shows is what a person types.
 */
const examples = join(import.meta.dirname, '..', '..', 'examples', 'resource');
const PATH = '/apis/faultline.dev/v1alpha1/shipments';
let faultline: Installation;
let theirs: Postgres;
let client: pg.Client;

const configuration = (resource: string): string =>
  `apiVersion: config.faultline.dev/v1alpha1\nkind: FaultlineConfiguration\nresources:\n  - ${resource}\n`;
const urlFile = (): string => join(theirs.dir, 'shipments-url');

beforeAll(async () => {
  theirs = await startPostgres({ fsync: false });
  faultline = await install({
    namespaces: ['shop', 'docs'],
    serverConfiguration: configuration(
      `{use: ${join(examples, 'shipments-from-table.ts')}, with: {databaseUrlFile: ${urlFile()}}}`,
    ),
  });
});
afterAll(async () => {
  await client?.end().catch(() => {});
  await faultline?.[Symbol.asyncDispose]();
  await theirs?.[Symbol.asyncDispose]();
});

const insert = (id: number, application: string, phase: string, team = 'shop'): Promise<unknown> =>
  client.query(
    `INSERT INTO shipments (team, id, application, environment, image, phase) VALUES ($1, $2, $3, 'staging', 'img:1', $4)`,
    [team, id, application, phase],
  );
const update = (id: number, set: string): Promise<unknown> =>
  client.query(`UPDATE shipments SET ${set}, version = nextval('shipment_versions') WHERE id = $1`, [id]);

async function ok(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await faultline.kubectl(args);
  expect(stderr, `kubectl ${args.join(' ')}`).toBe('');
  expect(code).toBe(0);
  return stdout;
}

/** Which replica the aggregator asks. */
const route = (port: number): Promise<void> =>
  registerApiService(faultline.plane, {
    ...{ group: 'faultline.dev', version: 'v1alpha1', port, namespace: 'faultline-system' },
    caPem: faultline.plane.servingCa.certificatePem,
  });

interface Shipments {
  metadata: { resourceVersion: string };
  items: { metadata: { name: string; uid: string; resourceVersion: string; creationTimestamp: string } }[];
}

/** The list through the aggregator, once `done` says so. */
async function until(done: (list: Shipments) => boolean, timeoutMs = 30_000): Promise<Shipments> {
  let last = '';
  for (const deadline = Date.now() + timeoutMs; Date.now() < deadline; await sleep(50)) {
    const { status, body } = await faultline.plane
      .request(PATH)
      .catch((error: unknown) => ({ status: 0, body: String(error) }));
    last = body;
    if (status === 200 && done(JSON.parse(body) as Shipments)) return JSON.parse(body) as Shipments;
  }
  throw new Error(`the shipments never became what was waited for; last: ${last}\n${await faultline.logs()}`);
}

/** An action of the module through the aggregator, as who may read, and as who may do it too (docs/write-a-resource.md). */
async function abandonAsOperators(watch: KubectlWatch, journal: string): Promise<void> {
  const role = ['--verb=create', '--resource=shipments.faultline.dev/abandon', '-n', 'shop'];
  await ok('create', 'role', 'operators', ...role);
  await ok('create', 'rolebinding', 'operators', '-n', 'shop', '--role=operators', '--user=op');
  const item = PATH.replace('shipments', 'namespaces/shop/shipments/payments-18');
  const abandon = (user: string, body: object = {}, query = '') =>
    faultline.kubectl(['create', '--raw', `${item}/abandon${query}`, '-f', '-', `--as=${user}`], {
      input: JSON.stringify(body),
    });
  expect((await abandon('dev')).stderr).toBe(
    'Error from server (Forbidden): shipments.faultline.dev "payments-18" is forbidden: User "dev" cannot create resource "shipments/abandon" in API group "faultline.dev" in the namespace "shop"\n',
  );
  const can = ['auth', 'can-i', 'create', 'shipments', '--subresource=abandon', '-n', 'shop', '--as=op'];
  expect(await ok(...can)).toBe('yes\n');
  const before = await readFile(journal, 'utf8');
  expect((await abandon('op', {}, '?dryRun=All')).stderr).toBe('');
  expect((await abandon('op', { metadata: { resourceVersion: '1' } })).stderr).toContain('(Conflict)');
  expect((await abandon('op', { spec: { why: 'x' } })).stderr).toContain('spec.why');
  expect(await readFile(journal, 'utf8')).toBe(before);
  const done = await abandon('op');
  expect(done.stderr).toBe('');
  expect(JSON.parse(done.stdout)).toMatchObject({ kind: 'ShipmentAbandonment', status: { phase: 'Failed' } });
  await watch.nextMatching(/payments-18 .*Failed/);
  expect((await faultline.plane.request(`${item}/abandon`)).status).toBe(405);
  expect((await faultline.plane.request(`${item}/nothing`, { method: 'POST', body: {} })).status).toBe(404);
}

const names = ({ items }: Shipments): string[] => items.map(({ metadata }) => metadata.name);

test('E4 X3 without its source a resource is 503 and never 404; discovery and everything else is served', async () => {
  expect(JSON.parse((await faultline.plane.request(PATH)).body)).toMatchObject({
    code: 503,
    reason: 'ServiceUnavailable',
  });
  expect((await faultline.plane.request(`${PATH.replace('shipments', 'namespaces/shop/shipments/x')}`)).status).toBe(
    503,
  );
  expect(await ok('api-resources', '--api-group=faultline.dev')).toMatch(
    /^shipments +shp +faultline\.dev\/v1alpha1 +true +Shipment$/m,
  );
  expect((await faultline.kubectl(['get', 'issues', '-A'])).code).toBe(0);
});

describe('from somebody’s table', () => {
  beforeAll(async () => {
    const url = await theirs.database('deployments');
    client = new pg.Client({ connectionString: url });
    client.on('error', () => {});
    await client.connect();
    await client.query(await readFile(join(examples, 'shipments.sql'), 'utf8'));
    await insert(1, 'payments', 'Succeeded');
    await insert(2, 'payments', 'Failed');
    await insert(3, 'handbook', 'Running', 'docs');
    await writeFile(urlFile(), `${url}\n`);
    await until(({ items }) => items.length === 3);
  });

  describe.each(kubectls().map(({ version }) => version))('kubectl %s', (version) => {
    const run = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await faultline.kubectl(args, { version });
      expect(stderr, `kubectl ${args.join(' ')}`).toBe('');
      expect(code).toBe(0);
      return stdout;
    };

    test('get, -o wide, -l, --field-selector, explain and describe', async () => {
      const [header, ...rows] = (await run('get', 'shipments', '-A')).trimEnd().split('\n');
      expect(header?.split(/\s+/)).toEqual(['NAMESPACE', 'NAME', 'APPLICATION', 'ENVIRONMENT', 'PHASE', 'AGE']);
      expect(rows.map((row) => row.split(/\s+/).slice(0, 5).join(' '))).toEqual([
        'docs handbook-3 handbook staging Running',
        'shop payments-1 payments staging Succeeded',
        'shop payments-2 payments staging Failed',
      ]);
      expect(await run('get', 'shp', '-n', 'shop', '-o', 'wide')).toMatch(
        /^payments-1 +payments +staging +Succeeded +img:1 /m,
      );
      expect(await run('get', 'shp', '-A', '-l', 'application=handbook', '-o', 'name')).toBe(
        'shipment.faultline.dev/handbook-3\n',
      );
      expect(await run('get', 'shp', '-A', '--field-selector', 'status.phase=Failed', '-o', 'name')).toBe(
        'shipment.faultline.dev/payments-2\n',
      );
      expect(await run('explain', 'shipments.spec.environment')).toContain('Where to.');
      const described = await run('describe', 'shipment', 'payments-2', '-n', 'shop');
      expect(described).toMatch(/Kind: +Shipment/);
      expect(described).toMatch(/Phase: +Failed/);
      expect(await run('get', 'shipment', 'payments-1', '-n', 'shop', '-o', 'jsonpath={.spec.image}')).toBe('img:1');
    });
  });

  test('W1 -w shows inserts, updates and rows that say they are deleted; wait sees conditions and deletion', async () => {
    await using watch = faultline.watch([
      'get',
      'shipments',
      '-n',
      'shop',
      '-w',
      '--no-headers',
      '--output-watch-events',
    ]);
    await watch.nextMatching(/ADDED +payments-2/);
    await insert(4, 'search', 'Running');
    await watch.nextMatching(/ADDED +search-4 .*Running/);
    const complete = ok('wait', 'shipment/search-4', '-n', 'shop', '--for=condition=Complete', '--timeout=20s');
    await update(4, `phase = 'Succeeded', changed_at = now()`);
    await watch.nextMatching(/MODIFIED +search-4 .*Succeeded/);
    expect(await complete).toContain('condition met');
    const gone = ok('wait', 'shipment/search-4', '-n', 'shop', '--for=delete', '--timeout=20s');
    await update(4, 'deleted_at = now()');
    await watch.nextMatching(/DELETED +search-4/);
    await gone;
  });

  test('V3 two transactions that commit in the other order than they took their versions are both seen', async () => {
    await using watch = faultline.watch(['get', 'shipments', '-n', 'shop', '-w', '--no-headers']);
    await watch.nextMatching(/payments-2/);
    const other = new pg.Client({ connectionString: theirs.urlOf('deployments') });
    await other.connect();
    try {
      await other.query('BEGIN');
      await other.query(
        `INSERT INTO shipments (team, id, application, environment, image, phase) VALUES ('shop', 5, 'first', 'staging', 'i', 'Running')`,
      );
      await insert(6, 'second', 'Running');
      await watch.nextMatching(/second-6/);
      await sleep(2_500); // two more polls have seen the greater version
      await other.query('COMMIT');
      await watch.nextMatching(/first-5/, 5_000);
    } finally {
      await other.end();
    }
    await update(5, 'deleted_at = now()');
    await update(6, 'deleted_at = now()');
    await until(({ items }) => items.length === 3);
  });

  test('V2 W5 a quiet resource sends bookmarks with the number that an issue took', async () => {
    const { metadata } = await until(({ items }) => items.length === 3);
    const watching = faultline.plane.request(
      `${PATH}?watch=true&allowWatchBookmarks=true&timeoutSeconds=8&resourceVersion=${metadata.resourceVersion}`,
    );
    const run = { name: 'quiet-1', namespace: 'shop', component: 'quiet' };
    await createRun(faultline.plane, run, { succeeded: false, at: at(0) });
    const [issue] = await faultline.until('shop', (issues) => issues.length === 1);
    const events = (await watching).body
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Shipments & { type: string; object: Shipments });
    expect(events.map(({ type }) => type)).toEqual(['BOOKMARK']);
    const number = Number(events[0]?.object.metadata.resourceVersion);
    expect(number).toBeGreaterThanOrEqual(Number(issue?.metadata.resourceVersion));
    expect(number).toBeGreaterThan(Number(metadata.resourceVersion));
  });

  test('A8 nobody may read it until RBAC says so', async () => {
    await faultline.plane.startControllerManager(); // it adds roles to `view`
    const asUser = (...args: string[]) => faultline.kubectl([...args, '-n', 'shop', '--as=dev', '--as-group=devs']);
    await faultline.kubectl(['create', 'rolebinding', 'devs', '-n', 'shop', '--clusterrole=view', '--group=devs']);
    const denied = await asUser('get', 'shipments');
    expect(denied.stderr).toBe(
      'Error from server (Forbidden): shipments.faultline.dev is forbidden: User "dev" cannot list resource "shipments" in API group "faultline.dev" in the namespace "shop"\n',
    );
    const page = await readFile(join(examples, '..', '..', 'docs', 'write-a-resource.md'), 'utf8');
    const role = /^```yaml\n(apiVersion: rbac[\s\S]*?)^```/m.exec(page)?.[1] as string;
    const applied = await faultline.kubectl(['apply', '-f', '-'], { input: role.replaceAll('freezes', 'shipments') });
    expect(applied.stderr).toBe('');
    for (const deadline = Date.now() + 30_000; ; await sleep(200)) {
      const { stdout } = await asUser('get', 'shipments', '-o', 'name');
      if (stdout.includes('payments-1')) break;
      if (Date.now() > deadline) throw new Error('the view role never served shipments');
    }
    expect((await asUser('get', 'shipments', '-A')).stderr).toContain('at the cluster scope');
  });

  test('V1 V7 a restart keeps every resourceVersion and uid, and a watch resumes without an event', async () => {
    const before = await until(({ items }) => items.length === 3);
    await faultline.stopServer();
    await client.query(
      `INSERT INTO shipments (team, id, application, environment, image, phase) VALUES ('docs', 9, 'late', 'staging', 'i', 'Running')`,
    );
    await faultline.startServer();
    const after = await until((list) => names(list).includes('late-9'));
    expect(after.items.filter(({ metadata }) => metadata.name !== 'late-9')).toEqual(before.items);
    const query = `?watch=true&timeoutSeconds=2&resourceVersion=${before.metadata.resourceVersion}`;
    const { body } = await faultline.plane.request(`${PATH}${query}`);
    const events = body
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; object: { metadata: { name: string } } });
    expect(events.map(({ type, object }) => `${type} ${object.metadata.name}`)).toEqual(['ADDED late-9']);
    await client.query('DELETE FROM shipments WHERE id = 9');
    await until((list) => !names(list).includes('late-9'), 90_000); // by the scan
  });

  test.skipIf(embedded)('X13 two replicas show the same numbers, and the other one takes the feed over', async () => {
    const replica = await faultline.startReplica();
    const alone = await until(({ items }) => items.length === 3);
    await route(replica.port);
    expect((await until(() => true)).items).toEqual(alone.items);
    await faultline.stopServer('SIGKILL'); // it led, and gave nothing back
    await insert(7, 'failover', 'Running');
    const before = await until((all) => names(all).includes('failover-7'), 60_000);
    await faultline.startServer();
    await replica.child.stop('SIGTERM', 20_000);
    await route(faultline.server.port);
    const after = await until((all) => names(all).includes('failover-7'));
    expect(after.items).toEqual(before.items);
  });

  test('what was read stays served while their database is away, and it is followed again after that', async () => {
    await theirs.stop();
    const away = await until(({ items }) => items.length > 2);
    await theirs.start();
    client = new pg.Client({ connectionString: theirs.urlOf('deployments') });
    client.on('error', () => {});
    await client.connect();
    await update(2, `phase = 'Succeeded'`);
    const [changed] = (
      await until(
        ({ items }) =>
          items.some(({ metadata }, at) => metadata.resourceVersion !== away.items[at]?.metadata.resourceVersion),
        90_000,
      )
    ).items.filter(({ metadata }, at) => metadata.resourceVersion !== away.items[at]?.metadata.resourceVersion);
    expect(changed?.metadata.name).toBe('payments-2');
  });
});

describe('from a file', () => {
  test('the same resource from another source: get, -w, its action and a restart with the same numbers', async () => {
    const journal = join(faultline.dir, 'shipments.jsonl');
    await writeFile(journal, await readFile(join(examples, 'shipments.jsonl'), 'utf8'));
    await faultline.stopServer();
    await faultline.configureServer(
      configuration(
        `{use: ${join(examples, 'shipments-from-journal.ts')}, with: {journal: ./shipments.jsonl, every: 100}}`,
      ),
    );
    await faultline.startServer();
    const before = await until((list) => names(list).join(' ') === 'handbook-3 payments-17 payments-18');
    await using watch = faultline.watch(['get', 'shipments', '-n', 'shop', '-w', '--no-headers']);
    await watch.nextMatching(/payments-18 .*Failed/);
    const text = await readFile(journal, 'utf8');
    await writeFile(journal, text.replace('"Failed"', '"Running"'));
    await watch.nextMatching(/payments-18 .*Running/);
    await abandonAsOperators(watch, journal);
    await writeFile(journal, text.split('\n').slice(0, 2).join('\n'));
    const changed = await until((list) => names(list).join(' ') === 'payments-17 payments-18');
    await faultline.stopServer();
    await faultline.startServer();
    const after = await until(() => true);
    expect(after.items).toEqual(changed.items);
    expect(after.items[0]).toEqual(before.items[1]);
  });
});
