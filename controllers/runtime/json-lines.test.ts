import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linesOf } from './json-lines.ts';

async function lines(chunks: readonly Uint8Array[]): Promise<string[]> {
  const found: string[] = [];
  const stream = (async function* () {
    yield* chunks;
  })();
  for await (const some of linesOf(stream, (line) => line.toString())) found.push(...some);
  return found;
}

describe('lines of a stream', () => {
  it('do not depend on where its chunks are cut, not even within a character', async () => {
    const text = fc.array(fc.string({ unit: 'grapheme' }).map((line) => `x${line.replace(/[\r\n]/g, '')}x`));
    await fc.assert(
      fc.asyncProperty(text, fc.array(fc.nat(7)), async (expected, cuts) => {
        const bytes = Buffer.from(expected.map((line) => `${line}\n`).join(''));
        const chunks: Buffer[] = [];
        let from = 0;
        for (let index = 0; from < bytes.length; index++) {
          const to = from + (cuts[index % Math.max(1, cuts.length)] ?? bytes.length) + 1;
          chunks.push(bytes.subarray(from, to));
          from = to;
        }
        expect(await lines(chunks)).toEqual(expected);
      }),
    );
  });

  it('leave out what is empty, and what was cut off at the end', async () => {
    expect(await lines([Buffer.from('a\n\n  \nb\nhalf')])).toEqual(['a', 'b']);
  });

  it('do not fill the memory when none ends', async () => {
    const mebibytes = Array.from({ length: 80 }, () => Buffer.alloc(1_048_576, 'x'));
    await expect(lines(mebibytes)).rejects.toThrow('a line of more than 64 MiB');
  });
});
