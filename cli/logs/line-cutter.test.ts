import { array, assert, constantFrom, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineCutter, LONGEST_LINE } from './line-cutter.ts';

function linesOf(pieces: readonly string[]): string[] {
  const cutter = new LineCutter();
  return [...pieces.flatMap((piece) => cutter.push(piece)), ...cutter.end()];
}

describe('LineCutter', () => {
  it('ends lines as every system does, and as progress is drawn', () => {
    expect(linesOf(['a\nb\r\nc 1%\rc 2%\r\n\nd'])).toEqual(['a', 'b', 'c 1%', 'c 2%', '', 'd']);
    expect(linesOf(['a\r', '\nb\r', 'c'])).toEqual(['a', 'b', 'c']);
  });

  it('tells the same lines however the text was cut', () => {
    const part = constantFrom('\n', '\r', 'x', 'ü', 'y'.repeat(LONGEST_LINE - 1), '');
    assert(
      property(array(array(part)), (pieces) => {
        const texts = pieces.map((piece) => piece.join(''));
        expect(linesOf(texts)).toEqual(linesOf([texts.join('')]));
      }),
    );
    assert(
      property(array(string({ unit: 'binary' })), (texts) => {
        expect(linesOf(texts)).toEqual(linesOf([texts.join('')]));
      }),
    );
  });

  it('keeps the beginning of a line that does not end', () => {
    const cutter = new LineCutter();
    for (let count = 0; count < 100; count++) expect(cutter.push(String(count % 10).repeat(1_000))).toEqual([]);
    const line = `${'0'.repeat(1_000)}${'1'.repeat(1_000)}${'2'.repeat(1_000)}${'3'.repeat(1_000)}${'4'.repeat(96)}`;
    expect(cutter.end()).toEqual([line]);
    expect(cutter.push('\nnext\n')).toEqual([line, 'next']);
  });

  it('copies nothing again of a line whose kept part is whole', () => {
    const cutter = new LineCutter(1_000_000);
    // 100,000 pieces behind a million characters: each copy of them would be 100 GB.
    cutter.push('x'.repeat(1_000_000));
    for (let count = 0; count < 100_000; count++) cutter.push('y');
    expect(cutter.end()[0]).toHaveLength(1_000_000);
  });
});
