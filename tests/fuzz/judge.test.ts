import { describe, expect, it } from 'vitest';
import type { Asked } from '../golden/ask.ts';
import { isUnreadable, judge } from './judge.ts';
import { SECRET } from './world.ts';

const asked: Asked = { method: 'GET', path: '/apis', headers: {} };
const json = { 'content-type': 'application/json' };

function verdict(status: number, body: string, headers: Record<string, string> = json, whole = true): string {
  return judge(asked, { status, headers, body: Buffer.from(body), whole });
}

function failure(fields: object = {}): string {
  const status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'm',
    reason: 'NotFound',
  };
  return JSON.stringify({ ...status, code: 404, ...fields });
}

describe('the judge of the fuzzer', () => {
  it('lets pass what is right', () => {
    expect(verdict(404, failure())).toBe('');
    expect(verdict(503, failure({ code: 503 }))).toBe('');
    expect(verdict(200, '{"items":[]}')).toBe('');
    expect(verdict(200, '{"type":"ADDED","object":{}}\n{"type":"AD', json, false)).toBe('');
    expect(verdict(304, '', {})).toBe('');
  });

  it.each([
    ['an undeclared 5xx', verdict(500, failure({ code: 500 }))],
    ['a redirect', verdict(301, '', { location: '/x' })],
    ['a Location beside an answer', verdict(200, '{}', { ...json, location: '/x' })],
    ['HTML', verdict(404, '<html>', { 'content-type': 'text/html' })],
    ['an empty failure', verdict(417, '', {})],
    ['another code in the body', verdict(404, failure({ code: 400 }))],
    ['no message', verdict(404, failure({ message: '' }))],
    ['no reason', verdict(404, failure({ reason: undefined }))],
    ['half of a list', verdict(200, '{"items":[')],
    ['a line that is no event', verdict(200, '{"type":"ADDED","object":{}}\n{"x":1}\n', json, false)],
    ['a foreign title', verdict(200, `{"title":"${SECRET}"}`)],
    ['a foreign name in a failure', verdict(404, failure({ message: SECRET }))],
    ['a foreign name in a header', verdict(200, '{}', { ...json, warning: SECRET })],
  ])('finds %s', (_what, found) => {
    expect(found).not.toBe('');
  });

  it('lets no answer to HEAD have a body, whatever the path', () => {
    const head = (path: string, body: string) =>
      judge({ ...asked, method: 'HEAD', path }, { status: 404, headers: json, body: Buffer.from(body), whole: true });
    expect([head('/apis', ''), head('/healthz', '')]).toEqual(['', '']);
    expect(head('/apis', failure())).not.toBe('');
    expect(head('/healthz', 'ok')).not.toBe('');
  });

  it('excuses only what no parser of HTTP reads', () => {
    const unreadable = (path: string) => isUnreadable({ ...asked, path });
    expect(['/apis', '/', '*', '//%00?a=%', '/x?y|z'].map(unreadable)).not.toContain(true);
    expect(['/é', '', '?watch=1', 'apis'].map(unreadable)).not.toContain(false);
  });
});
