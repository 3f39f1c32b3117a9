import { constants, gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteChunks } from './byte-chunks.ts';
import { indent } from './indent.ts';
import { CHUNK_BYTES, SendBuffers } from './send-buffers.ts';

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

describe('SendBuffers', () => {
  it('L18 chunks that are given back are filled again: many lists need no more than they hold at once', () => {
    const buffers = new SendBuffers();
    const seen = new Set<ArrayBufferLike>();
    const text = Buffer.from('12345678'.repeat(CHUNK_BYTES / 4));
    for (let round = 0; round < 20; round++) {
      const chunks = new ByteChunks(buffers);
      chunks.append(text);
      chunks.text('the rest');
      const all = chunks.takeAll();
      expect(Buffer.concat(all).toString()).toBe(`${text}the rest`);
      for (const chunk of all) {
        seen.add(chunk.buffer);
        buffers.give(chunk);
      }
    }
    expect(seen.size).toBe(3);
  });

  it('L16 a compressor that is given back begins a stream of its own', async () => {
    const buffers = new SendBuffers();
    for (const word of ['one', 'two']) {
      const gzip = buffers.takeGzip();
      const parts: Buffer[] = [];
      const collect = (part: Buffer) => void parts.push(part);
      gzip.on('data', collect);
      gzip.write(word.repeat(10_000));
      await new Promise<void>((resolve) => gzip.flush(constants.Z_FINISH, resolve));
      gzip.off('data', collect);
      buffers.giveGzip(gzip);
      expect(gunzipSync(Buffer.concat(parts)).toString()).toBe(word.repeat(10_000));
    }
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
