import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Postgres, startPostgres } from '../../tests/controlplane/postgres.ts';
import { startCommand } from '../testing/running-command.ts';

/** Into a real PostgreSQL, from a Kite database there: the tables as Kite's object mapper (GORM) makes them. */
const SCHEMA = `
CREATE TABLE issue_scopes (id uuid PRIMARY KEY, resource_type text NOT NULL, resource_name text NOT NULL,
  resource_namespace text NOT NULL);
CREATE TABLE issues (id uuid PRIMARY KEY, title text NOT NULL, description text NOT NULL, severity varchar(20) NOT NULL,
  issue_type varchar(20) NOT NULL, state varchar(20) DEFAULT 'ACTIVE', detected_at timestamptz NOT NULL,
  resolved_at timestamptz, namespace text NOT NULL, scope_id uuid NOT NULL UNIQUE REFERENCES issue_scopes,
  created_at timestamptz, updated_at timestamptz);
CREATE TABLE links (id uuid PRIMARY KEY, title text NOT NULL, url text NOT NULL, issue_id uuid NOT NULL REFERENCES issues);
CREATE TABLE related_issues (id uuid PRIMARY KEY, source_id uuid NOT NULL REFERENCES issues, target_id uuid NOT NULL REFERENCES issues);`;

const id = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
interface Row {
  readonly name: string;
  readonly state?: 'ACTIVE' | 'RESOLVED';
  readonly minute?: number;
  readonly namespace?: string;
}
/** One issue of Kite with its scope and a link. */
function insert(number: number, { name, state = 'ACTIVE', minute = 0, namespace = 'team-a' }: Row): string {
  const at = `'2026-11-20T10:${String(minute).padStart(2, '0')}:00.5Z'`;
  const [scope, link] = [id(number + 1_000), id(number + 2_000)];
  return `
INSERT INTO issue_scopes VALUES ('${scope}', 'pipelinerun', '${name}', '${namespace}');
INSERT INTO issues VALUES ('${id(number)}', 'Pipeline run failed: ${name}', 'why ${number}', 'medium', 'pipeline', '${state}',
  ${at}, ${state === 'RESOLVED' ? `${at}::timestamptz + interval '1 hour'` : 'NULL'}, '${namespace}', '${scope}', ${at}, ${at});
INSERT INTO links VALUES ('${link}', 'Pipeline Run Logs', 'https://logs.example/${number}', '${id(number)}');`;
}

let postgres: Postgres;
let kite: string;
let folder: string;
beforeAll(async () => {
  postgres = await startPostgres();
  folder = await mkdtemp(join(tmpdir(), 'faultline-import-'));
  kite = await postgres.database('kite');
  await writeFile(join(folder, 'target'), await postgres.database('faultline'));
  await writeFile(join(folder, 'kite'), kite);
  const rows = [
    ...Array.from({ length: 8 }, (_, index) => insert(index, { name: 'web', minute: index })),
    ...[insert(10, { name: 'api' }), insert(11, { name: 'old', state: 'RESOLVED' })],
    insert(12, { name: 'nowhere', namespace: 'Not_A_Name' }),
  ];
  const relations = `INSERT INTO related_issues VALUES ('${id(900)}', '${id(3)}', '${id(10)}'), ('${id(901)}', '${id(10)}', '${id(12)}');`;
  await postgres.psql(`${SCHEMA}${rows.join('')}${relations}`, 'kite');
});
afterAll(async () => {
  await postgres?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function importing(...from: string[]): Promise<string> {
  const arguments_ = ['import', 'kite', ...from, '--database-url-file', join(folder, 'target')];
  await using command = startCommand(arguments_, { directory: folder });
  expect([await command.exitCode, command.err.text()]).toEqual([0, '']);
  return command.out.text();
}

const stored = (columns: string): Promise<string> =>
  postgres.psql(`SELECT ${columns} FROM issues ORDER BY subject_name`, 'faultline');

test('issues, scopes, links and relations are copied and duplicates merged; again is harmless, and brings what Kite changed', async () => {
  const first = await importing('--from', kite);
  expect(first).toContain('11 rows: 3 issues imported (2 active), 0 there already, 7 duplicates merged.');
  expect(first).toContain('1 relations imported, 1 there already or of issues that were left out.');
  expect(first).toContain(`merged  team-a  pipelinerun/web  pipeline  8 rows into ${id(7)}`);
  expect(first).toMatch(/left out {2}1: .*namespace/);
  expect((await stored('id, subject_kind, subject_name, state, severity')).split('\n')).toEqual([
    `${id(10)}|PipelineRun|api|Active|minor`,
    `${id(11)}|PipelineRun|old|Resolved|minor`,
    `${id(7)}|PipelineRun|web|Active|minor`,
  ]);
  const times = `to_char(opened_at AT TIME ZONE 'UTC', 'HH24:MI:SS.MS'), to_char(resolved_at AT TIME ZONE 'UTC', 'HH24:MI:SS.MS')`;
  expect((await stored(times)).split('\n')).toEqual(['10:00:00.500|', '10:00:00.500|11:00:00.500', '10:00:00.500|']);
  expect((await stored(`json_array_length(spec->'links')`)).split('\n')).toEqual(['1', '1', '8']);
  const again = await importing('--from-file', join(folder, 'kite'));
  expect(again).toContain('0 issues imported (0 active), 3 there already');
  expect(again).toContain('0 relations imported, 2 there already');
  await postgres.psql(
    `UPDATE issues SET state = 'RESOLVED', resolved_at = '2026-11-20T10:30:00Z', updated_at = '2026-11-20T10:30:00Z' WHERE id = '${id(10)}'`,
    'kite',
  );
  expect(await importing('--from', kite)).toContain('1 issues imported (0 active), 2 there already');
  expect((await stored('id, state')).split('\n')[0]).toBe(`${id(10)}|Resolved`);
});

test('what is no database of Kite is one line, without the password', async () => {
  const other = `${await postgres.database('other')}`.replace('postgres@', 'postgres:secret@');
  await using command = startCommand(['import', 'kite', '--from', other], { directory: folder });
  expect(await command.exitCode).toBe(1);
  expect(command.err.text()).toContain('cannot read the database of Kite: relation "issues" does not exist');
  expect(command.err.text()).not.toContain('secret');
});
