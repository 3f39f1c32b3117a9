import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import type { Span, SpanOptions, Tracer } from '../../tracing/tracer.ts';
import { createWorld } from '../testing/world.ts';
import type { ClusterObject } from './object.ts';
import { defineController, type ObjectLike, undecided } from './plugin.ts';

interface Thing extends ObjectLike {
  spec?: { what?: 'throw' | 'panic' | 'wait' | 'fail' };
}

const definition = defineController<Thing, unknown>({
  apiVersion: 'controller/v1',
  watches: { apiVersion: 'example.com/v1', kind: 'Thing', fields: ['spec'] },
  order: 'state',
  onDelete: 'resolve',
  observe({ metadata, spec = {} }) {
    if (spec.what === 'throw') throw new Error('no idea');
    if (spec.what === 'panic') return (undefined as unknown as { x: { y: never } }).x.y;
    if (spec.what === 'wait') return undecided('Waiting');
    const { namespace = '', name } = metadata;
    const subject = { apiVersion: 'example.com/v1', kind: 'Thing', namespace, name };
    const finding = { key: 'k', type: 't', severity: 'minor', reason: 'R', title: name } as const;
    return { subject, findings: spec.what === 'fail' ? [finding] : [] };
  },
});

const thing = (name: string, what?: NonNullable<Thing['spec']>['what']): ClusterObject => ({
  apiVersion: 'example.com/v1',
  kind: 'Thing',
  metadata: { name, namespace: 'shop', uid: name },
  spec: { what },
});

type Line = Record<string, unknown> & { message: string };

function recordedLog() {
  const lines: Line[] = [];
  const write = (fields: object, message: string): void => void lines.push({ ...fields, message });
  return { lines, logger: { debug: write, info: write, warn: write, error: write } };
}

describe('the lines of a look', () => {
  it('name controller, kind and object as controller-runtime does, and the look by an id of its own', async () => {
    const { lines, logger } = recordedLog();
    await using world = createWorld(definition, { objects: [thing('a', 'throw'), thing('b', 'wait')], logger });
    await world.controller.settled;
    world.sink.answer = () => ({ status: 403, error: 'may not' });
    world.source.apply(thing('c', 'fail'));
    await world.settle();
    const about = (name: string) => ({
      ...{ controller: 'test', controllerGroup: 'example.com', controllerKind: 'Thing', namespace: 'shop', name },
      reconcileID: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    const said = lines.filter(({ message }) => ['look failed', 'undecided', 'report refused'].includes(message));
    expect(said).toEqual([
      { ...about('a'), message: 'look failed', kind: 'retry', error: 'no idea' },
      { ...about('b'), message: 'undecided', reason: 'Waiting' },
      { ...about('c'), message: 'report refused', status: 403, error: 'may not', details: undefined },
    ]);
    expect(new Set(said.map(({ reconcileID }) => reconcileID)).size).toBe(3);
  });
});

describe('the metrics of looks', () => {
  it('are there at 0 before anything happened, and tell panics from errors', async () => {
    const registry = new Registry();
    await using world = createWorld(definition, { objects: [thing('a', 'throw'), thing('b', 'panic')], registry });
    const before = await registry.metrics();
    expect(before).toContain('controller_runtime_reconcile_total{controller="test",result="requeue"} 0');
    expect(before).toContain('controller_runtime_reconcile_errors_total{controller="test"} 0');
    await world.controller.settled;
    const after = await registry.metrics();
    expect(after).toContain('controller_runtime_reconcile_errors_total{controller="test"} 2');
    expect(after).toContain('controller_runtime_reconcile_panics_total{controller="test"} 1');
    expect(after).toMatch(/^controller_runtime_reconcile_time_seconds_bucket\{le="0.025",controller="test"\} 2$/m);
    expect(after).toMatch(/^workqueue_queue_duration_seconds_bucket\{le="1e-8",name="test"\} \d/m);
  });
});

describe('the trace of a look', () => {
  it('begins with the change that the watch told, and goes along with the report', async () => {
    const spans: { name: string; options: SpanOptions; set: Map<string, unknown>; endedAt?: number; fault?: string }[] =
      [];
    const tracer: Tracer = {
      start(name, options = {}): Span {
        const span: (typeof spans)[number] = { name, options, set: new Map() };
        spans.push(span);
        return {
          context: { traceId: 'a'.repeat(32), spanId: `${spans.length}`.padStart(16, '0') },
          set: (key, value) => void span.set.set(key, value),
          fail: (message) => {
            span.fault = message;
          },
          end: () => {
            span.endedAt = world.clock.now();
          },
        };
      },
    };
    await using world = createWorld(definition, { objects: [], tracer });
    await world.controller.settled;
    world.source.apply(thing('a', 'fail'));
    world.source.apply(thing('b', 'throw'));
    await world.settle();
    const [look, failed] = spans;
    expect(look).toMatchObject({ name: 'look Thing', endedAt: world.clock.now() });
    expect(look?.options).toEqual({
      startedAt: world.clock.now(),
      attributes: {
        ...{ 'faultline.controller': 'test', 'faultline.queue_ms': 0, 'k8s.object.kind': 'Thing' },
        ...{ 'k8s.namespace.name': 'shop', 'k8s.object.name': 'a' },
      },
    });
    expect(look?.set.get('faultline.outcome')).toBe('failing');
    expect(failed).toMatchObject({ fault: 'no idea', endedAt: world.clock.now() });
    expect(world.sink.traces).toEqual([{ traceId: 'a'.repeat(32), spanId: '1'.padStart(16, '0') }]);
  });
});
