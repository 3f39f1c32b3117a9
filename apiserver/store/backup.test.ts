import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { backupContract } from './backup.contract.ts';
import { KEPT_TABLES, LEFT_OUT_TABLES } from './backup-tables.ts';
import { wholeRows } from './bulk.ts';

let folder: string;
let made = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faultline-backup-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
const fresh = async () => ({ embedded: join(folder, `db${made++}`) });

describe('from PGlite to PGlite', { timeout: 120_000 }, () => backupContract({ source: fresh, target: fresh }));

test('of every table of the schema it is decided whether a backup has it', () => {
  const schema = readFileSync(new URL('../../migrations/schema.sql', import.meta.url), 'utf8');
  const tables = [...schema.matchAll(/^TABLE (\w+)/gm)].map(([, name]) => name);
  expect([...KEPT_TABLES, ...Object.keys(LEFT_OUT_TABLES)].sort()).toEqual(tables.sort());
});

test('pieces end with a row, however the rows arrive', async () => {
  const row = `${'x'.repeat(99_999)}\n`;
  const bytes = Buffer.from(row.repeat(11));
  const chunks = async function* () {
    for (let at = 0; at < bytes.length; at += 70_001) yield bytes.subarray(at, at + 70_001);
  };
  const pieces: Buffer[] = [];
  for await (const piece of wholeRows(chunks())) pieces.push(piece);
  expect(pieces.length).toBeGreaterThan(2);
  expect(pieces.every((piece) => piece.at(-1) === 0x0a)).toBe(true);
  expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
});
