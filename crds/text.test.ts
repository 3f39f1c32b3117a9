import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { escapeControls, multiLine, oneLine, storable, truncate } from './text.ts';

describe('storable', () => {
  test('replaces NUL and lone surrogates and leaves every other character alone', () => {
    expect(storable('a\u0000b\ud800c\udc00d')).toBe('a\ufffdb\ufffdc\ufffdd');
    expect(storable('naïve 日本語 👩‍🚀')).toBe('naïve 日本語 👩‍🚀');
  });
});

describe('oneLine', () => {
  test('removes whole escape sequences, so that a title cannot colour or retitle a terminal', () => {
    expect(oneLine('\u001b[31mred\u001b[0m \u001b]0;owned\u0007plain', 80)).toBe('red plain');
  });
  test('folds line breaks and tabs into single spaces', () => {
    expect(oneLine('step\tbuild\r\n\nfailed ', 80)).toBe('step build failed');
  });
  test('removes bidirectional overrides, which would show a file name reversed', () => {
    expect(oneLine('safe\u202etxt.exe\u2066', 80)).toBe('safetxt.exe');
  });
  test('never holds a control character, for any input', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(oneLine(text, 200)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/);
        expect(oneLine(text, 200).length).toBeLessThanOrEqual(200);
        expect(oneLine(text, 200).isWellFormed()).toBe(true);
      }),
    );
  });
});

describe('multiLine', () => {
  test('keeps line breaks and tabs', () => {
    expect(multiLine('one\r\n\ttwo\rthree', 100)).toBe('one\n\ttwo\nthree');
  });
  test('is at most the given number of UTF-8 bytes and stays well formed, whatever it cuts', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.integer({ min: 8, max: 64 }), (text, max) => {
        const cut = multiLine(text.repeat(3), max);
        expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(max);
        expect(cut.isWellFormed()).toBe(true);
      }),
    );
  });
  test('costs little for a megabyte', () => {
    expect(Buffer.byteLength(multiLine('é'.repeat(1_000_000), 8_192))).toBeLessThanOrEqual(8_192);
  });
});

test('escapeControls shows what would act, and leaves the rest', () => {
  expect(escapeControls('Zoë\u001b[2J\n\u009b1m\u202e\u2066 日本')).toBe(
    'Zoë\\u001b[2J\\u000a\\u009b1m\\u202e\\u2066 日本',
  );
});

test('truncate marks what it cut and never splits a surrogate pair', () => {
  expect(truncate('abcdef', 6)).toBe('abcdef');
  expect(truncate('abcdefg', 6)).toBe('abcde…');
  expect(truncate('abcd😀g', 6)).toBe('abcd…');
});

test('text that is plain already comes out the same by the short way, whatever is around it', () => {
  const words = fc.array(fc.constantFrom('a', ' ', '  ', '\n', '\t', '\r\n', '\u00a0', '\ufeff', 'é', '\u0085'), {
    maxLength: 12,
  });
  fc.assert(
    fc.property(words, (parts) => {
      const text = parts.join('');
      // A character that leaves nothing behind sends a text the long way.
      expect(oneLine(text, 200)).toBe(oneLine(`\u202e${text}`, 200));
      expect(multiLine(text, 200)).toBe(multiLine(`\u202e${text}`, 200));
    }),
  );
});
