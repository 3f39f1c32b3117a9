import { describe, expect, it } from 'vitest';
import { quoted } from './quote.ts';
import { forbidden } from './status.ts';

describe('A14 text of a caller inside a message', () => {
  it.each([
    ['plain', '"plain"'],
    ['Zoë 日本 🙂', '"Zoë 日本 🙂"'],
    ['a "b" \\', '"a \\"b\\" \\\\"'],
    ['line\nfeed\ttab\x07\x1b[2J\x7f', '"line\\nfeed\\ttab\\a\\x1b[2J\\x7f"'],
    ['\u009b1m \u202e \u00a0 \ufeff', '"\\u009b1m \\u202e \\u00a0 \\ufeff"'],
    ['\ud83d', '"\\ufffd"'],
    ['\u{e0001}', '"\\U000e0001"'],
  ])('%j is quoted as Go does: %s', (text, expected) => {
    expect(quoted(text)).toBe(expected);
  });

  it('cannot become markup or an escape sequence', () => {
    const { message } = forbidden({ user: '<b>&\u202e', verb: 'get', resource: 'issues', group: 'g', namespace: 'n' });
    expect(message).toBe(
      'issues.g is forbidden: User "&lt;b&gt;&amp;\\u202e" cannot get resource "issues" in API group "g" in the namespace "n"',
    );
  });
});
