import { describe, expect, it } from 'vitest';
import { DocumentWrap, documentLines } from './document-lines.ts';

describe('DocumentWrap', () => {
  it('wraps of a document that goes on what is new', () => {
    const wrapped: string[] = [];
    const wrap = new DocumentWrap((line, width) => {
      wrapped.push(`${line} ${width}`);
      return documentLines([line], width);
    });
    const long = `a ${'long '.repeat(8)}line`;
    wrap.lines(['gone', long], 30);
    expect(wrap.lines([long, 'new', long], 30)).toEqual(documentLines([long, 'new', long], 30));
    expect(wrapped).toEqual(['gone 30', `${long} 30`, 'new 30']);
    wrap.lines(['gone'], 30);
    wrap.lines(['gone'], 40);
    expect(wrapped.slice(3)).toEqual(['gone 30', 'gone 40']);
  });

  it('is the same array for the same lines', () => {
    const wrap = new DocumentWrap();
    const lines = ['a'];
    expect(wrap.lines(lines, 30)).toBe(wrap.lines(lines, 30));
  });

  it('breaks a word without spaces where the width ends', () => {
    expect(documentLines(['x'.repeat(65)], 32)).toEqual(['x'.repeat(30), 'x'.repeat(30), 'x'.repeat(5)]);
    expect(documentLines(['é'.repeat(65)], 32)).toEqual(['é'.repeat(30), 'é'.repeat(30), 'é'.repeat(5)]);
  });
});
