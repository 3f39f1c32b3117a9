import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrationFiles } from '../../migrations/index.ts';
import { registerApiService } from '../controlplane/api-service.ts';
import { type Installation, install, type ServerProcess } from './installation.ts';
import { TcpService } from './tcp-service.ts';

/**
 * A rollout that brings a new schema (docs/upgrade.md): the build of today is the old version; the new one is the same with
 * one more migration, which expands every table that a report touches. Behind a Service, with reports, lists and watches
 * through the aggregator.
 */
const GROUP = '/apis/faultline.dev/v1alpha1';
const root = join(import.meta.dirname, '..', '..');
const VERSION = migrationFiles().at(-1)?.version ?? 0;
const EXPAND = `
ALTER TABLE issues ADD COLUMN colour text, ADD COLUMN size bigint NOT NULL DEFAULT 0;
ALTER TABLE watermarks ADD COLUMN note text NOT NULL DEFAULT '';
ALTER TABLE changes ADD COLUMN note text;
ALTER TABLE meta ADD COLUMN note text;
ALTER TABLE episodes ADD COLUMN note text;
ALTER TABLE sources ADD COLUMN note text;
CREATE TABLE colours (name text PRIMARY KEY);
CREATE INDEX colours_name ON colours (name);
`;
let faultline: Installation;
let service: TcpService;
let newer: string;

beforeAll(async () => {
  faultline = await install({ namespaces: ['load'] });
  const { certificatePem: caPem } = faultline.plane.servingCa;
  service = await TcpService.start(caPem);
  service.add(faultline.server.port);
  await registerApiService(faultline.plane, { group: 'faultline.dev', version: 'v1alpha1', port: service.port, caPem });
  newer = join(faultline.dir, 'newer');
  await mkdir(newer);
  await cp(join(root, 'dist'), join(newer, 'dist'), { recursive: true });
  await cp(join(root, 'package.json'), join(newer, 'package.json'));
  await symlink(join(root, 'node_modules'), join(newer, 'node_modules'));
  await writeFile(join(newer, 'dist', 'migrations', `${String(VERSION + 1).padStart(4, '0')}-expand.sql`), EXPAND);
});
afterAll(async () => {
  await service?.[Symbol.asyncDispose]();
  await faultline?.[Symbol.asyncDispose]();
});

const schema = (): Promise<string | undefined> | undefined =>
  faultline.postgres?.psql('SELECT schema_version FROM meta', 'faultline');

const replica = async (name: string, binary?: string): Promise<ServerProcess> => {
  const started = await faultline.startReplica({ name, args: ['--shutdown-delay=2s'], ...(binary && { binary }) });
  service.add(started.port);
  return started;
};
const retire = async ({ child, port }: ServerProcess): Promise<void> => {
  await child.stop('SIGTERM', 60_000);
  service.remove(port);
  expect(child.ended).toBe('code 0');
};

function report(name: string): object {
  const subject = { apiVersion: 'v1', kind: 'Service', namespace: 'load', name };
  const finding = { key: 'run', type: 'build', severity: 'major', reason: 'Failed', title: `${name} fails` };
  const body = { complete: true, findings: [finding] };
  return {
    ...{ apiVersion: 'faultline.dev/v1alpha1', kind: 'IssueReport' },
    spec: { source: 'load', namespace: 'load', subject, order: { class: 'received' }, body },
  };
}

test('fails no request and loses no report while the schema changes under the old servers; a downgrade is refused', async () => {
  const { plane } = faultline;
  const old = [await replica('old-1'), await replica('old-2')];
  service.remove(faultline.server.port);
  expect(await schema()).toBe(String(VERSION));
  const stop = new AbortController();
  const refused: string[] = [];
  const acknowledged: string[] = [];
  let lists = 0;
  const each = async (method: 'GET' | 'POST', path: string, writer: number): Promise<void> => {
    for (let index = 0; !stop.signal.aborted; index++) {
      const name = `s${writer}-${index}`;
      const options = method === 'POST' ? { method, body: report(name) } : {};
      const { status, body } = await plane.request(path, { ...options, timeoutMs: 30_000 });
      if (status >= 300) refused.push(`${method} ${status} ${body.slice(0, 200)}`);
      else if (method === 'POST') acknowledged.push(name);
      else lists++;
    }
  };
  const running = [
    ...[0, 1, 2].map((writer) => each('POST', `${GROUP}/namespaces/load/issuereports`, writer)),
    each('GET', `${GROUP}/namespaces/load/issues?limit=50`, 9),
  ];
  await using _ = { [Symbol.asyncDispose]: async () => stop.abort() };
  const first = await replica('new-1', join(newer, 'dist', 'cli', 'bin.js'));
  await expect.poll(schema, { timeout: 60_000 }).toBe(String(VERSION + 1));
  // Both versions on the new schema, for a while.
  const [reports, read] = [acknowledged.length, lists];
  await expect.poll(() => acknowledged.length > reports + 20 && lists > read + 5, { timeout: 60_000 }).toBe(true);
  await retire(old[0] as ServerProcess);
  await replica('new-2', join(newer, 'dist', 'cli', 'bin.js'));
  await retire(old[1] as ServerProcess);
  stop.abort();
  await Promise.all(running);
  expect(refused).toEqual([]);
  const names = (await faultline.issues('load')).map(({ spec }) => spec.subject.name);
  expect(names.sort()).toEqual(acknowledged.sort());
  expect(service.isReady(first.port)).toBe(true);

  const back = await faultline.startReplica({ name: 'back', ready: 'never' });
  await expect.poll(() => back.child.ended, { timeout: 30_000 }).toBe('code 1');
  expect(await readFile(back.child.logPath, 'utf8')).toContain(
    `error: the database has schema version ${VERSION + 1}, this faultline knows ${VERSION}: start the newer faultline again`,
  );
  await faultline.until('load', (issues) => issues.length === acknowledged.length);
}, 300_000);
