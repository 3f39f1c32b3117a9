import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lettersLeft, MESSAGE_VERSION, normalizeMessage } from './normalize-message.ts';

describe('version 1 of the algorithm, whose results are in the names of groups', () => {
  test.each([
    ['failed to pull image "quay.io/acme/web:1.2"', 'failed to pull image <quoted>'],
    ["couldn't find task 'git-clone' in the bundle", "couldn't find task <quoted> in the bundle"],
    ['`npm ci` exited with code 137', '<quoted> exited with code <n>'],
    ['timed out at 2026-11-21T10:05:00.123Z', 'timed out at <time>'],
    ['timed out at 2026-11-21 10:05:00 +0000', 'timed out at <time>'],
    ['certificate expired Sat, 21 Nov 2026 10:05:00 GMT', 'certificate expired <time>'],
    ['certificate expired Nov 21 10:05:00 2026 GMT', 'certificate expired <time> GMT'],
    ['at 10:05:00.5 it stopped', 'at <time> it stopped'],
    ['pod 0e4ad4f2-3c5e-4a8e-9c0a-8a2f6f1d1c33 evicted', 'pod <uid> evicted'],
    ['digest sha256:9f86d081884c7d659a2feaa0c55ad015 mismatched', 'digest <hash> mismatched'],
    ['commit 4f2a91c is not signed', 'commit <hash> is not signed'],
    ['pod deploy-6d4cf56db6-x7k2p crashed', 'pod deploy-<id> crashed'],
    ['pod job-bcdfg crashed', 'pod job-<id> crashed'],
    ['failed to finish within 1h0m0s', 'failed to finish within <n>'],
    ['took 12.5s, limit 10s', 'took <n>, limit <n>'],
    ['0/12 nodes are available: 3 Insufficient memory', '<n>/<n> nodes are available: <n> Insufficient memory'],
    ['dial tcp 10.0.0.1:443: connection refused', 'dial tcp <n>: connection refused'],
    ['line one\n\tline  two', 'line one line two'],
    ['Timeout is not timeout', 'Timeout is not timeout'],
    ['defaced facade, no hash', 'defaced facade, no hash'],
  ])('%s', (message, normalized) => {
    expect(MESSAGE_VERSION).toBe(1);
    expect(normalizeMessage(message)).toBe(normalized);
  });

  test('names that belong to the issue are taken out as whole words, the longest first', () => {
    const names = ['web', 'shop', 'web-build-on-main'];
    const message = 'pod shop/web-build-on-main-pod of web failed, not webhook, not shopping';
    expect(normalizeMessage(message, names)).toBe('pod <name>/<name>-pod of <name> failed, not webhook, not shopping');
  });

  test('a name of two letters is a word of other things', () => {
    expect(normalizeMessage('go build of go failed', ['go'])).toBe('go build of go failed');
  });

  test('a name is text, not a pattern', () => {
    expect(normalizeMessage('a+b.c(d failed, aab1c too', ['a+b.c(d'])).toBe('<name> failed, aab<n>c too');
  });
});

// Of what messages are made of, so that rules meet each other.
const piece = fc.oneof(
  fc.constantFrom(...['"', "'", '`', ' ', '-', ':', '.', 'T', 'Z', '<', '>', '\n', 'sha256:', 'Nov ', 'Mon, ']),
  fc.stringMatching(/^[a-z0-9]{1,12}$/),
  fc.stringMatching(/^[0-9]{1,5}$/),
  fc.stringMatching(/^-[bcdfghjklmnpqrstvwxz0-9]{5}$/),
  fc.uuid(),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc.string({ unit: 'grapheme', maxLength: 5 }),
);
const text = fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join(''));
const names = fc.array(fc.constantFrom('web', 'shop', 'web-x7k2p', 'name', 'quoted', 'time', 'a.b'), { maxLength: 3 });

test('normalising twice changes nothing', () => {
  fc.assert(
    fc.property(text, names, (message, known) => {
      const once = normalizeMessage(message, known);
      expect(normalizeMessage(once, known)).toBe(once);
    }),
    { numRuns: 3_000 },
  );
});

test('other digits make no other message, and none is left', () => {
  fc.assert(
    fc.property(text, fc.infiniteStream(fc.integer({ min: 0, max: 9 })), (message, digits) => {
      const other = message.replace(/[0-9]/g, () => String(digits.next().value));
      expect(normalizeMessage(other)).toBe(normalizeMessage(message));
      expect(normalizeMessage(message)).not.toMatch(/[0-9]/);
    }),
    { numRuns: 3_000 },
  );
});

test('a message of a megabyte of quotes, digits and dashes takes no time worth speaking of', () => {
  for (const unit of ['"', "'", '1', '-bcdf', 'a1', '2026-', '10:', '1h']) {
    expect(normalizeMessage(unit.repeat(200_000 / unit.length)).length).toBeGreaterThan(0);
  }
});

test('placeholders are no letters', () => {
  expect(lettersLeft('<quoted> failed: <n>')).toBe(6);
  expect(lettersLeft('<name> <time> ошибка')).toBe(6);
});
