import { expect, test } from 'vitest';
import { batchOf, parseTraceparent, type SpanContext, traceparent } from './tracer.ts';

const context = (digit: string): SpanContext => ({ traceId: digit.repeat(32), spanId: digit.repeat(16) });

test('a context survives the header', () => {
  expect(parseTraceparent(traceparent(context('a')))).toEqual(context('a'));
});

test.each([
  ['nothing', undefined],
  ['an unknown form', 'abc'],
  ['no identity', `00-${'0'.repeat(32)}-${'a'.repeat(16)}-01`],
  ['the forbidden version', `ff-${'a'.repeat(32)}-${'a'.repeat(16)}-01`],
  ['a trace that its sender does not keep', `00-${'a'.repeat(32)}-${'a'.repeat(16)}-00`],
])('%s is no context', (_, header) => {
  expect(parseTraceparent(header)).toBeUndefined();
});

test('a later version is understood as far as it is known', () => {
  expect(parseTraceparent(`01-${'a'.repeat(32)}-${'b'.repeat(16)}-03-more`)).toEqual({
    traceId: 'a'.repeat(32),
    spanId: 'b'.repeat(16),
  });
});

test('a batch belongs to the trace of the first and names the others, 128 at most', () => {
  const [a, b] = [context('a'), context('b')];
  expect(batchOf([undefined, a, a, b])).toEqual({ parent: a, links: [b] });
  expect(batchOf([undefined])).toBeUndefined();
  const many = Array.from({ length: 300 }, (_, index) => ({ ...a, spanId: String(index).padStart(16, '0') }));
  expect(batchOf(many)?.links).toHaveLength(128);
});
