import { PGlite } from '@electric-sql/pglite';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pollTable } from './table.ts';
import { DrivenFeed } from './testing/driven-feed.ts';

/**
 * What order cannot change: rows come, change, take each other's names, go, and commit late or out of order, while time
 * passes. After a scan of a table that rests, what is served is what the table says, and nothing is written any more.
 */
let pglite: PGlite;
beforeAll(async () => {
  pglite = await PGlite.create('memory://');
  await pglite.exec('CREATE TABLE things (id bigint PRIMARY KEY, name text, color text, gone boolean, version bigint)');
});
afterAll(() => pglite.close());

type Step =
  | { readonly do: 'write'; readonly id: number; readonly name: string; readonly color: string; readonly late: boolean }
  | { readonly do: 'hide' | 'delete'; readonly id: number }
  | { readonly do: 'pass'; readonly ms: number };

const id = fc.integer({ min: 1, max: 5 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('write' as const),
      ...{ id, name: fc.constantFrom('a', 'b', 'c'), color: fc.constantFrom('red', 'blue'), late: fc.boolean() },
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('hide' as const, 'delete' as const), id }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(1_000, 3_000, 12_000) }) },
);

class Table {
  #last = 1_000;
  #odd = 1;

  async do(one: Exclude<Step, { do: 'pass' }>): Promise<void> {
    const version = this.#version(one.do === 'write' && one.late);
    switch (one.do) {
      case 'delete':
        await pglite.query('DELETE FROM things WHERE id = $1', [one.id]);
        break;
      case 'hide':
        await pglite.query('UPDATE things SET gone = true, version = $2 WHERE id = $1', [one.id, version]);
        break;
      case 'write':
        // Two rows with one name are not promised anything but a warning.
        await pglite.query(
          `INSERT INTO things SELECT $1, $2, $3, false, $4
           WHERE NOT EXISTS (SELECT FROM things WHERE name = $2 AND id <> $1 AND NOT gone)
           ON CONFLICT (id) DO UPDATE SET name = excluded.name, color = excluded.color, gone = false,
             version = excluded.version`,
          [one.id, one.name, one.color, version],
        );
    }
  }

  /** A late one was taken before up to five others that are committed already. No two are equal. */
  #version(late: boolean): number {
    if (!late) this.#last += 100;
    this.#odd += 2;
    return late ? this.#last - 500 + this.#odd : this.#last;
  }

  async visible(): Promise<Record<string, string>> {
    const { rows } = await pglite.query<{ name: string; color: string }>(
      'SELECT name, color FROM things WHERE NOT gone',
    );
    return Object.fromEntries(rows.map(({ name, color }) => [`n/${name}`, color]));
  }
}

it('a table that rests is what is served', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 15 }), async (steps) => {
      await pglite.exec('DELETE FROM things');
      const table = new Table();
      await using feed = new DrivenFeed<{ spec: { color: string } }, object>(
        pollTable({
          connect: () => ({
            query: async (sql, values) => (await pglite.query<Record<string, unknown>>(sql, [...values])).rows,
            async [Symbol.asyncDispose]() {},
          }),
          ...{ table: 'things', key: ['id'], version: 'version' },
          object: ({ name, color, gone }: Record<string, unknown>) =>
            gone ? undefined : { metadata: { namespace: 'n', name: String(name) }, spec: { color: String(color) } },
        }),
        {},
      );
      await feed.settled();
      for (const one of steps) {
        if (one.do === 'pass') await feed.pass(one.ms);
        else await table.do(one);
      }
      await feed.pass(62_000);
      const served = [...feed.objects.stored].map(([name, { spec }]) => [name, spec.color]);
      expect(Object.fromEntries(served)).toEqual(await table.visible());
      expect(await feed.pass(62_000)).toEqual([]);
    }),
    { numRuns: 25 },
  );
}, 120_000);
