import type { Knex } from 'knex';

/**
 * The schema as the catalog has it, one line a fact: `schema.sql` is this text, compared on PGlite (PostgreSQL 18) and on
 * PostgreSQL 15. Partitions of a month and the migrator's own tables are left out.
 */
export async function goldenSchema(knex: Knex): Promise<string> {
  const { rows } = (await knex.raw(CATALOG)) as { rows: { line: string }[] };
  return `${rows.map(({ line }) => line).join('\n')}\n`;
}

// NOT NULL is left to the columns: PostgreSQL 18 lists it among the constraints too.
const CATALOG = `
WITH tables AS (
  SELECT c.oid, c.relname AS name, c.relkind, c.reloptions FROM pg_class c
  WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
    AND NOT c.relispartition AND c.relname NOT LIKE 'knex%'
), lines AS (
  SELECT name, 0 AS part, 0 AS place, '' AS item, 'TABLE ' || name
    || CASE relkind WHEN 'p' THEN ' PARTITION BY ' || pg_get_partkeydef(oid) ELSE '' END
    || coalesce(' WITH (' || array_to_string(reloptions, ', ') || ')', '') AS line
  FROM tables
  UNION ALL
  SELECT t.name, 1, a.attnum, '', '  ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
    || coalesce(' COLLATE "' || l.collname || '"', '')
    || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
    || CASE a.attidentity WHEN 'a' THEN ' GENERATED ALWAYS AS IDENTITY' ELSE '' END
    || coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '')
  FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum
  LEFT JOIN pg_collation l ON l.oid = a.attcollation AND l.collname <> 'default'
  UNION ALL
  SELECT t.name, 2, 0, c.conname, '  CONSTRAINT ' || c.conname || ' ' || pg_get_constraintdef(c.oid)
  FROM tables t JOIN pg_constraint c ON c.conrelid = t.oid AND c.contype <> 'n'
  UNION ALL
  SELECT t.name, 3, 0, i.relname, '  ' || pg_get_indexdef(i.oid)
  FROM tables t JOIN pg_index x ON x.indrelid = t.oid JOIN pg_class i ON i.oid = x.indexrelid
)
SELECT replace(line, ' ' || current_schema() || '.', ' ') AS line
FROM lines ORDER BY name COLLATE "C", part, place, item COLLATE "C"`;
