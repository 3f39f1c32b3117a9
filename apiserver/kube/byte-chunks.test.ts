import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteChunks } from './byte-chunks.ts';
import { indent } from './indent.ts';

describe('ByteChunks', () => {
  it('L18 gives back what was put in, in chunks of one size', () => {
    const piece = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 100 }), fc.uint8Array({ maxLength: 100 }));
    fc.assert(
      fc.property(fc.array(piece), fc.integer({ min: 1, max: 64 }), (pieces, size) => {
        const chunks = new ByteChunks(size);
        const out: Buffer[] = [];
        for (const one of pieces) {
          if (typeof one === 'string') chunks.text(one);
          else chunks.append(Buffer.from(one));
          for (const full of chunks.takeFull()) {
            expect(full.length).toBe(size);
            out.push(full);
          }
        }
        out.push(...chunks.takeAll());
        expect(Buffer.concat(out)).toEqual(Buffer.concat(pieces.map((one) => Buffer.from(one as string))));
        expect(chunks.takeAll()).toEqual([]);
      }),
    );
  });
});

describe('ByteChunks that are given back', () => {
  it('L18 are filled again: a long list needs no more than it holds at once', () => {
    const chunks = new ByteChunks(8);
    const seen = new Set<Buffer>();
    for (let round = 0; round < 100; round++) {
      chunks.text('12345678');
      for (const chunk of chunks.takeFull()) {
        seen.add(chunk);
        expect(chunk.toString()).toBe('12345678');
        chunks.recycle(chunk);
      }
    }
    expect(seen.size).toBe(2);
  });
});

describe('indent', () => {
  it('L15 gives what JSON.stringify gives, however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.json(), fc.integer({ min: 1, max: 7 }), (json, size) => {
        const compact = Buffer.from(JSON.stringify(JSON.parse(json)));
        const cut = Array.from({ length: Math.ceil(compact.length / size) }, (_, index) =>
          compact.subarray(index * size, (index + 1) * size),
        );
        const pretty = Buffer.concat([...indent(cut)]).toString();
        expect(pretty).toBe(`${JSON.stringify(JSON.parse(json), null, 2)}\n`);
      }),
    );
  });
});
