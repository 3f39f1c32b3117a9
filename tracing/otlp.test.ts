import { afterEach, beforeEach, expect, test } from 'vitest';
import { createOtlpTracer, type OtlpOptions } from './otlp.ts';
import { Collector } from './testing/collector.ts';

let collector: Collector;
let now = 1_795_271_000_000;
beforeEach(async () => {
  collector = await Collector.start();
});
afterEach(() => collector[Symbol.asyncDispose]());

const create = (more: Partial<OtlpOptions> = {}) =>
  createOtlpTracer({
    ...{ endpoint: `${collector.endpoint}/`, serviceName: 'faultline-controllers', serviceVersion: '1.2.3' },
    ...{ now: () => now, headers: { 'api-key': 'abc' } },
    ...more,
  });

test('a span arrives as OTLP has it, with its parent, links, attributes and outcome', async () => {
  await using tracer = create();
  const parent = tracer.start('look Pod', { startedAt: now - 12.5, attributes: { 'k8s.object.name': 'web' } });
  const child = tracer.start('report', {
    parent: parent?.context,
    kind: 'client',
    links: [{ traceId: 'a', spanId: 'b' }],
  });
  child?.set('faultline.reports', 3);
  child?.fail('503 away');
  child?.end();
  child?.end();
  now += 5;
  parent?.end();
  await tracer.flush();
  const [request] = collector.requests;
  expect([request?.url, request?.headers['api-key']]).toEqual(['/v1/traces', 'abc']);
  expect(request?.body.resourceSpans[0]?.resource.attributes).toEqual([
    { key: 'service.name', value: { stringValue: 'faultline-controllers' } },
    { key: 'service.version', value: { stringValue: '1.2.3' } },
  ]);
  const [first, second] = collector.spans;
  expect(first).toMatchObject({
    ...{ name: 'report', kind: 3, parentSpanId: second?.spanId, traceId: second?.traceId },
    attributes: [{ key: 'faultline.reports', value: { intValue: '3' } }],
    links: [{ traceId: 'a', spanId: 'b' }],
    status: { code: 2, message: '503 away' },
  });
  expect(second).toMatchObject({ name: 'look Pod', kind: 1, status: {}, links: [] });
  expect(second).not.toHaveProperty('parentSpanId');
  expect(BigInt(second?.endTimeUnixNano ?? 0) - BigInt(second?.startTimeUnixNano ?? 0)).toBe(17_500_000n);
  expect([second?.traceId, second?.spanId].join()).toMatch(/^[0-9a-f]{32},[0-9a-f]{16}$/);
});

test('what is not kept costs nothing, and a trace is kept whole', () => {
  const tracer = create({ ratio: 0.5, random: () => 0.7 });
  expect(tracer.start('look')).toBeUndefined();
  expect(tracer.start('commit', { parent: { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) } })).toBeDefined();
});

test('a collector that is away holds nothing up: spans are dropped, and the cause is told once', async () => {
  const faults: string[] = [];
  const tracer = create({ onFault: (fault) => faults.push(fault) });
  collector.status = 503;
  for (let round = 0; round < 3; round++) {
    tracer.start('look')?.end();
    await tracer.flush();
  }
  expect(faults).toEqual(['HTTP 503 {}']);
  expect(tracer.dropped).toBe(3);
  collector.status = 200;
  for (let span = 0; span < 5_000; span++) tracer.start('look')?.end();
  await tracer.flush();
  expect(collector.spans).toHaveLength(4_096);
  expect(tracer.dropped).toBe(3 + 5_000 - 4_096);
});
