import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PGlite } from '@electric-sql/pglite';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pollTable, type ResourceModule } from '../../apiserver/index.ts';
import { TestApi } from '../../apiserver/kube/testing/test-api.ts';
import { ownResource } from '../../apiserver/resources/own/definition.ts';
import { feedMetrics } from '../../apiserver/resources/own/metrics.ts';
import { runFeed } from '../../apiserver/resources/own/run-feed.ts';
import { openStore } from '../../apiserver/store/open-store.ts';
import { type ApiClient, apiClient } from '../../cli/testing/api-client.ts';
import { startCommand } from '../../cli/testing/running-command.ts';
import { type Shipment, type ShipmentRecord, shipment } from './shipment.ts';
import shipmentsFromJournal from './shipments-from-journal.ts';
import shipmentsFromTable, { table } from './shipments-from-table.ts';

/** Both ways to a resource of one's own (docs/write-a-resource.md), over real HTTP; e2e has them behind the aggregator. */
const here = import.meta.dirname;
const PATH = '/apis/faultline.dev/v1alpha1/shipments';
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';

let project: string;
beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'faultline-resource-'));
});
afterEach(() => rm(project, { recursive: true, force: true }));

interface Listed {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: { metadata: { name: string; uid: string; resourceVersion: string }; status: Shipment['status'] }[];
}

async function list(client: ApiClient, query = '', until = (_: Listed): boolean => true): Promise<Listed> {
  for (;;) {
    const { status, body } = await client.get(`${PATH}${query}`);
    if (status === 200 && until(body as Listed)) return body as Listed;
    expect([200, 503]).toContain(status); // 503 until the feed was complete once
    await new Promise((again) => setImmediate(again));
  }
}

const named = ({ items }: Listed): string[] => items.map(({ metadata }) => metadata.name);

describe('from a file that a pipeline writes', { timeout: 90_000 }, () => {
  const journal = (): string => join(project, 'shipments.jsonl');
  /** At once: a reader in the middle of it would see a file without its shipments. */
  const write = async (text: string): Promise<void> => {
    await writeFile(`${journal()}.new`, text);
    await rename(`${journal()}.new`, journal());
  };
  const append = async (change: Partial<ShipmentRecord>): Promise<void> => {
    const [line] = (await readFile(journal(), 'utf8')).split('\n');
    const text = await readFile(journal(), 'utf8');
    await write(`${text.trimEnd()}\n${JSON.stringify({ ...JSON.parse(line as string), ...change })}\n`);
  };
  const up = () =>
    startCommand(['up', '--state-dir', join(project, 'state'), '--listen', '127.0.0.1:0'], { directory: project });
  const connect = (): Promise<ApiClient> => apiClient(join(project, 'state', 'kubeconfig'));

  beforeEach(async () => {
    await copyFile(join(here, 'shipments.jsonl'), journal());
    await writeFile(
      join(project, 'faultline.yaml'),
      `apiVersion: config.faultline.dev/v1alpha1
kind: FaultlineConfiguration
cluster: { folder: ${join(here, '../cluster/docs')} }
resources:
  - { use: ${join(here, 'shipments-from-journal.ts')}, with: { journal: shipments.jsonl, every: 20 } }
`,
    );
  });

  test('lists, selects and is discovered; V7 has the same numbers and uids after a restart', async () => {
    let before: Listed;
    {
      await using command = up();
      await command.printed('get issues');
      await using client = await connect();
      before = await list(client);
      expect(named(before)).toEqual(['handbook-3', 'payments-17', 'payments-18']);
      expect(named(await list(client, '?labelSelector=application%3Dpayments'))).toHaveLength(2);
      expect(named(await list(client, '?fieldSelector=status.phase%3DFailed'))).toEqual(['payments-18']);
      const { body } = await client.get('/apis/faultline.dev/v1alpha1');
      expect((body as { resources: object[] }).resources).toContainEqual({
        ...{ name: 'shipments', singularName: 'shipment', namespaced: true, kind: 'Shipment' },
        ...{ verbs: ['get', 'list', 'watch'], shortNames: ['shp'] },
      });
      expect(await client.text('/readyz?verbose')).toContain('[+]feed-shipments ok');
      expect(await client.text('/metrics')).toContain(
        'faultline_resource_changes_total{resource="shipments",op="ADDED"} 3',
      );
      expect(await command.stop()).toBe(0);
    }
    await using command = up();
    await command.printed('get issues');
    await using client = await connect();
    const after = await list(client);
    expect(after.items).toEqual(before.items);
    expect(Number(after.metadata.resourceVersion)).toBeGreaterThanOrEqual(Number(before.metadata.resourceVersion));
    expect(await command.stop()).toBe(0);
  });

  test('follows the file: a later line about a shipment, a new one, and one that is gone', async () => {
    await using command = up();
    await command.printed('get issues');
    await using client = await connect();
    const [first] = (await list(client, '?fieldSelector=metadata.name%3Dpayments-17')).items;
    await append({ phase: 'Failed' });
    const changed = await list(client, '?fieldSelector=status.phase%3DFailed', ({ items }) => items.length === 2);
    expect(changed.items.find(({ metadata }) => metadata.name === 'payments-17')?.metadata.uid).toBe(
      first?.metadata.uid,
    );
    await append({ id: 19 });
    await list(client, '', (all) => named(all).includes('payments-19'));
    await write('');
    await list(client, '', ({ items }) => items.length === 0);
    expect(await command.stop()).toBe(0);
  });
});

test('the action of a journal goes by its last line, not by the object as the feed saw it', async () => {
  const [action] = shipmentsFromJournal.actions ?? [];
  const journal = join(project, 'shipments.jsonl');
  await copyFile(join(here, 'shipments.jsonl'), journal);
  const before = await readFile(journal, 'utf8');
  const lines = before.trimEnd().split('\n');
  const [succeeded, , running] = lines.map((line) => JSON.parse(line)) as [ShipmentRecord, unknown, ShipmentRecord];
  const abandon = async (record: ShipmentRecord, dryRun = false) => {
    const { metadata: given, ...rest } = shipment({ ...record, phase: 'Running' });
    const [name, namespace] = [given.name, record.team];
    const metadata = { name, namespace, uid: 'u', resourceVersion: '1', creationTimestamp: '2026-11-21T07:12:30Z' };
    const object = { apiVersion: 'faultline.dev/v1alpha1', kind: 'Shipment', metadata, ...rest };
    const request = {
      object,
      spec: {},
      user: { name: 'op', groups: [] },
      dryRun,
      signal: new AbortController().signal,
    };
    const logger = { info: () => {}, warn: () => {} };
    const context = { options: { journal: 'shipments.jsonl', every: 5_000 }, directory: project, now: () => 0, logger };
    return action?.perform(request, context);
  };
  expect(await abandon(running, true)).toEqual({ phase: 'Failed' });
  expect(await readFile(journal, 'utf8')).toBe(before);
  expect(await abandon(running)).toEqual({ phase: 'Failed' });
  expect(await abandon(running)).toEqual({ phase: 'Failed' });
  const after = (await readFile(journal, 'utf8')).slice(before.length).split('\n');
  expect(after.filter((line) => line !== '').map((line) => JSON.parse(line))).toEqual([
    { ...running, phase: 'Failed', changed_at: '1970-01-01T00:00:00.000Z' },
  ]);
  await expect(abandon(succeeded)).rejects.toThrow('payments-17 has arrived already');
  await writeFile(journal, '');
  await expect(abandon(running)).rejects.toMatchObject({ reason: 'NotFound' });
});

describe('from a table with a version column', { timeout: 90_000 }, () => {
  test('lists, watches, selects and shows Tables; its numbers are those of our counter', async () => {
    const theirs = await PGlite.create('memory://');
    await theirs.exec(readFileSync(join(here, 'shipments.sql'), 'utf8'));
    const insert = (id: number, phase: string): Promise<unknown> =>
      theirs.query(
        `INSERT INTO shipments (team, id, application, environment, image, phase, changed_at)
         VALUES ('shop', $1, 'payments', 'staging', 'i', $2, '2026-11-21T06:40:09Z')`,
        [id, phase],
      );
    const raised = `version = nextval('shipment_versions')`;
    await insert(1, 'Running');
    await insert(2, 'Failed');

    await using store = await openStore({ database: { embedded: 'memory' }, clusterId: 'folder:test' });
    const log = store.resourceLog('shipments');
    const connected = {
      query: async (sql: string, values: readonly string[]) =>
        (await theirs.query<Record<string, unknown>>(sql, [...values])).rows,
      [Symbol.asyncDispose]: () => theirs.close(),
    };
    const feed = pollTable({ ...table, connect: () => connected, interval: 10, scan: 50, overlap: 20 });
    const module = { ...shipmentsFromTable, feed } as unknown as ResourceModule;
    const definition = ownResource(module, log);
    await using api = await TestApi.start({ more: [definition] });
    const logger = { info: () => undefined, warn: (...told: unknown[]) => expect(told).toEqual([]) };
    const metrics = feedMetrics(new Registry());
    const ending = new AbortController();
    const options = { ...{ module, definition, log, options: {}, directory: here, holder: 'x' }, logger, metrics };
    const running = runFeed(options, ending.signal);
    await using _feed = {
      async [Symbol.asyncDispose]() {
        ending.abort();
        await running;
      },
    };

    using watch = await api.watch(`${PATH}?watch=true`);
    expect((await watch.take(2)).map(({ type, object }) => `${type} ${object.metadata.name}`)).toEqual([
      'ADDED payments-1',
      'ADDED payments-2',
    ]);
    using failed = await api.watch(`${PATH}?watch=true&fieldSelector=status.phase%3DFailed`);
    await failed.take(1);
    await theirs.exec(`UPDATE shipments SET phase = 'Failed', ${raised} WHERE id = 1`);
    const modified = await watch.next();
    expect(modified).toMatchObject({ type: 'MODIFIED', object: { status: { phase: 'Failed' } } });
    expect(await failed.next()).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'payments-1' } } });
    await theirs.exec(
      `UPDATE shipments SET deleted_at = now(), ${raised} WHERE id = 1; DELETE FROM shipments WHERE id = 2`,
    );
    const gone = await watch.take(2);
    expect(gone.map(({ type, object }) => `${type} ${object.metadata.name}`)).toEqual([
      'DELETED payments-1',
      'DELETED payments-2',
    ]);
    const numbers = [modified, ...gone].map((event) => Number(event?.object.metadata.resourceVersion));
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect(numbers[2]).toBeGreaterThan(1_700_000_000_000_000); // µs since 1970, not 4 or 5
    expect((await api.json(PATH)).metadata.resourceVersion).toBe(String(numbers[2]));

    await insert(3, 'Running');
    expect(await watch.next()).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'payments-3' } } });
    const { rows, columnDefinitions } = await api.json(PATH, TABLE);
    expect(columnDefinitions?.map(({ name }) => name)).toEqual([
      'Name',
      'Application',
      'Environment',
      'Phase',
      'Image',
      'Age',
    ]);
    expect(rows[0]?.cells.slice(0, 5)).toEqual(['payments-3', 'payments', 'staging', 'Running', 'i']);
    const openapi = (await api.send('/openapi/v3/apis/faultline.dev/v1alpha1')).text;
    expect(openapi).toContain('What is shipped.');
    const item = PATH.replace('shipments', 'namespaces/shop/shipments/payments-3');
    expect((await api.send(item)).status).toBe(200);
    expect((await api.send(item, { method: 'DELETE' })).status).toBe(405);
  });
});

const WINTER = '/apis/faultline.dev/v1alpha1/namespaces/shop/freezes/winter';

describe('docs/write-a-resource.md', { timeout: 90_000 }, () => {
  test('its example is complete, below 60 lines, and runs as it is written, with its action', async () => {
    const page = readFileSync(join(here, '../../docs/write-a-resource.md'), 'utf8');
    const block = (language: string): string =>
      new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, 'm').exec(page)?.[1] ?? '';
    expect(block('ts').split('\n').length).toBeLessThan(60);
    const action = /^```ts\n( {2}actions: [\s\S]*?)^```/m.exec(page)?.[1] ?? '';
    const whole = block('ts')
      .replace('  async feed(', `${action}  async feed(`)
      .replace('import { readFile }', 'import { readFile, writeFile }')
      .replace('import { defineResource }', 'import { ApiError, defineResource }');
    await writeFile(join(project, 'freezes.ts'), whole);
    await writeFile(join(project, 'package.json'), '{"type":"module"}');
    const cluster = `cluster: { folder: ${join(here, '../cluster/docs')} }\n`;
    await writeFile(join(project, 'faultline.yaml'), `${block('yaml')}${cluster}`);
    const spec = { from: '2026-01-01T00:00:00Z', until: '9999-01-01T00:00:00Z', why: 'Holidays' };
    await writeFile(join(project, 'freezes.json'), JSON.stringify([{ team: 'shop', name: 'winter', ...spec }]));

    // In a process of its own: vitest would resolve the imports of the file instead of Node.
    const main = join(here, '../../cli/main.ts');
    const child = spawn(process.execPath, [main, 'up', '--state-dir', 'state', '--listen', '127.0.0.1:0'], {
      cwd: project,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    try {
      for await (const line of createInterface({ input: child.stdout })) if (line.startsWith('Ready')) break;
      await using client = await apiClient(join(project, 'state', 'kubeconfig'));
      for (;;) {
        const { status, body } = await client.get(WINTER);
        if (status === 200) {
          expect(body).toMatchObject({ kind: 'Freeze', spec, status: { phase: 'Active' } });
          break;
        }
        expect(status).toBe(503);
      }
      const extend = (until: string) => client.post(`${WINTER}/extend`, { spec: { until } });
      expect(await extend('9998-01-01T00:00:00Z')).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
      const until = '9999-06-01T00:00:00.000Z'; // as Joi hands it over
      expect(await extend(until)).toMatchObject({ status: 201, body: { kind: 'FreezeExtension', status: { until } } });
      await expect
        .poll(async () => (await client.get(WINTER)).body, { timeout: 30_000 })
        .toMatchObject({ spec: { until } });
    } finally {
      child.kill('SIGKILL');
      await ended;
    }
  });
});
