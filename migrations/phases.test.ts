import { describe, expect, test } from 'vitest';
import { migrationFile, migrationFiles } from './files.ts';
import { phaseFaults } from './phases.contract.ts';

/** Those of the first release: no version before them runs anywhere. */
const FIRST_RELEASE = 9;

const faults = (sql: string, name = '0010-x.sql') => phaseFaults(migrationFile(name, sql));

test.each(migrationFiles().filter(({ version }) => version > FIRST_RELEASE))(
  '$name lets servers of the version before go on',
  (file) => {
    expect(phaseFaults(file)).toEqual([]);
  },
);

test('the numbers of the files have no gap and no double', () => {
  const versions = migrationFiles().map(({ version }) => version);
  expect(versions).toEqual(versions.map((_, index) => index + 1));
});

describe('the rule', () => {
  test('lets pass what adds', () => {
    expect(
      faults(`-- New.
CREATE TABLE things (name text PRIMARY KEY);
CREATE INDEX things_name ON things (name);
ALTER TABLE issues ADD COLUMN colour text, ADD COLUMN size bigint NOT NULL DEFAULT 0;
INSERT INTO things VALUES ('a');
ALTER TABLE things ADD CONSTRAINT x CHECK (name <> '');
ALTER TABLE issues ADD CONSTRAINT y CHECK (colour <> '') NOT VALID;
`),
    ).toEqual([]);
    expect(faults('CREATE INDEX CONCURRENTLY issues_colour ON issues (colour);')).toEqual([]);
  });

  test.each([
    'DROP TABLE related;',
    'ALTER TABLE issues DROP COLUMN manual;',
    'ALTER TABLE issues RENAME COLUMN manual TO hand;',
    'ALTER TABLE issues ALTER COLUMN stage SET NOT NULL;',
    'ALTER TABLE issues ALTER COLUMN stage TYPE varchar(10);',
    'DELETE FROM episodes;',
    `UPDATE issues SET stage = '';`,
    'TRUNCATE changes;',
  ])('wants a reason for what takes away: %s', (statement) => {
    expect(faults(statement)).toEqual([expect.stringContaining('takes something away, without "-- contract:')]);
    expect(faults(`-- contract: nobody uses it since 0.2.0\n${statement}`)).toEqual([]);
    expect(migrationFile('0010-x.sql', `-- contract: nobody\n${statement}`).phase).toBe('contract');
  });

  test.each([
    ['ALTER TABLE issues ADD COLUMN colour text NOT NULL;', 'refuses the rows of the version before'],
    ['ALTER TABLE issues ADD COLUMN a text DEFAULT 1, ADD COLUMN b text NOT NULL;', 'refuses the rows'],
    ['CREATE INDEX issues_colour ON issues (colour);', 'CREATE INDEX CONCURRENTLY'],
    ['ALTER TABLE issues ADD CONSTRAINT y CHECK (true);', 'NOT VALID'],
    ['GRANT ALL ON issues TO public;', 'does not know'],
    [
      'CREATE INDEX CONCURRENTLY a ON issues (stage);\nCREATE INDEX CONCURRENTLY b ON issues (key);',
      'one statement a file',
    ],
    ['-- contract: nothing\nCREATE TABLE a (b text);', 'takes nothing away'],
  ])('refuses %s', (sql, why) => {
    expect(faults(sql)).toEqual([expect.stringContaining(why)]);
  });

  test('would have refused the migration of the first release that fills a column', () => {
    const [file] = migrationFiles().filter(({ name }) => name.startsWith('0007'));
    expect(file && phaseFaults(file).length).toBeGreaterThan(0);
  });
});
