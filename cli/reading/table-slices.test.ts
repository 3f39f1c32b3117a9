import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type TableSlice, tableSlices } from './table-slices.ts';

const table = (titles: readonly string[]) => ({
  ...{ kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata: { resourceVersion: '7', continue: 'more' } },
  columnDefinitions: [{ name: 'Name', description: 'x "rows":[{"cells":[ y' }],
  rows: titles.map((title, at) => ({
    cells: [title, at],
    object: { metadata: { name: title, labels: { a: title } } },
  })),
});

async function sliced(text: string, most: number, cuts: readonly number[] = []): Promise<TableSlice[]> {
  const bytes = Buffer.from(text);
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  async function* chunks(): AsyncGenerator<Buffer> {
    let from = 0;
    for (const end of [...ends, bytes.length]) {
      if (end > from) yield bytes.subarray(from, end);
      from = end;
    }
  }
  return await Array.fromAsync(tableSlices(chunks(), most));
}

/** What looks like the beginning of a row and is text, and characters of several bytes. */
const title = fc.oneof(
  fc.constantFrom(',{"cells":[', '"rows":[{"cells":[', '\\",{"cells":["', ']}', '"', '…構築🔥'),
  fc.string({ unit: 'binary', maxLength: 12 }),
);

describe('a Table that is read while it arrives', () => {
  it('has the same rows however it is cut into pieces, in slices that are full', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(title, { maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.nat(), { maxLength: 40 }),
        async (titles, most, cuts) => {
          const given = table(titles);
          const slices = await sliced(`${JSON.stringify(given)}\n`, most, cuts);
          expect(slices.flatMap(({ rows }) => rows)).toEqual(given.rows);
          expect(slices.slice(0, -1).map(({ rows }) => rows?.length)).toEqual(slices.slice(1).map(() => most));
          for (const slice of slices) expect(slice).toMatchObject({ ...given, rows: expect.any(Array) });
        },
      ),
    );
  });

  it('is read as a whole where it is written otherwise, or is something else', async () => {
    const given = table(['a', 'b']);
    expect(await sliced(JSON.stringify(given, null, 2), 1, [50, 90])).toEqual([given]);
    expect(await sliced('{"kind":"PodList"}', 1, [3])).toEqual([{ kind: 'PodList' }]);
    await expect(sliced('<html>', 1)).rejects.toThrow(SyntaxError);
    await expect(sliced(JSON.stringify(given).slice(0, -20), 1)).rejects.toThrow(SyntaxError);
  });
});
