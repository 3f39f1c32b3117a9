import { describe, expect, test } from 'vitest';
import type { Report } from '../../crds/report.ts';
import type { ControllerDefinition } from '../index.ts';
import type { ClusterObject } from '../runtime/object.ts';
import { createWorld } from '../testing/world.ts';
import repository from './repository/index.ts';
import stuck from './stuck/index.ts';

/** Controllers that live on time and on related objects, through the runtime's own loop. */
const MINUTE = 60_000;
const said = (reports: readonly Report[]): unknown[] =>
  reports.map(({ body }) => ('findings' in body ? body.findings.map(({ reason }) => reason) : body.deleted));
const completedAt = (report: Report | undefined): string =>
  report !== undefined && 'completedAt' in report.order ? (report.order.completedAt ?? '') : '';
const settings = (definition: unknown) => {
  const { options } = definition as ControllerDefinition;
  return { options: options?.validate({}).value as unknown };
};

describe('tekton/stuck', () => {
  const run = (at: number, status: object): ClusterObject =>
    ({
      apiVersion: 'tekton.dev/v1',
      kind: 'PipelineRun',
      metadata: { name: 'import-1', namespace: 'shop', uid: 'u-1', creationTimestamp: new Date(at).toISOString() },
      spec: { status: 'PipelineRunPending' },
      status,
    }) as unknown as ClusterObject;

  test('opens by itself when the time is over, heals when the run is, and ends with it', async () => {
    await using world = createWorld(stuck as ControllerDefinition, { settings: settings(stuck) });
    await world.settle();
    const created = world.clock.now();
    const pending = run(created, {});
    world.source.apply(pending);
    await world.settle();
    expect(said(world.sink.take())).toEqual([[]]);
    await world.clock.advance(14 * MINUTE);
    await world.settle();
    expect(said(world.sink.take())).toEqual([]);
    await world.clock.advance(MINUTE + 1_000);
    await world.settle();
    expect(said(world.sink.take())).toEqual([['PipelineRunPending']]);
    const condition = { type: 'Succeeded', status: 'False', reason: 'Failed' };
    const over = run(created, {
      conditions: [condition],
      completionTime: new Date(created + 20 * MINUTE).toISOString(),
    });
    world.source.apply(over);
    await world.settle();
    expect(said(world.sink.take())).toEqual([[]]);
    world.source.apply(pending);
    await world.settle();
    world.sink.take();
    world.source.delete(pending);
    await world.settle();
    expect(said(world.sink.take())).toEqual(['object']);
  });
});

describe('tekton/repository', () => {
  const LABELS = { 'pipelinesascode.tekton.dev/repository': 'handbook' };
  const object = (kind: string, name: string, at: string, more: object = {}): ClusterObject =>
    ({
      apiVersion: { Event: 'v1', PipelineRun: 'tekton.dev/v1' }[kind] ?? 'pipelinesascode.tekton.dev/v1alpha1',
      kind,
      metadata: { name, namespace: 'docs', uid: `u-${name}`, creationTimestamp: at, labels: LABELS },
      ...more,
    }) as unknown as ClusterObject;
  const event = object('Event', 'handbook-1', '2026-06-11T10:00:00Z', {
    involvedObject: { kind: 'Repository', name: 'handbook' },
    type: 'Warning',
    reason: 'PipelineRunValidationErrors',
    message: 'yaml: line 3',
  });

  test('sees the Event and the next run at once, and nothing in an Event that expires', async () => {
    const objects = [
      object('Repository', 'handbook', '2026-06-01T00:00:00Z'),
      object('PipelineRun', 'a', '2026-06-10T10:00:00Z'),
    ];
    await using world = createWorld(repository as ControllerDefinition, { objects, settings: settings(repository) });
    await world.settle();
    expect(said(world.sink.take())).toEqual([[]]);
    world.source.apply(event);
    await world.settle();
    const [opened] = world.sink.take();
    expect(opened && said([opened])).toEqual([['InvalidPipelineYaml']]);
    world.source.delete(event);
    await world.settle();
    const [expired] = world.sink.take();
    // Sent, and older than what is stored: the engine answers `stale`.
    expect(completedAt(expired) < completedAt(opened)).toBe(true);
    world.source.apply(object('PipelineRun', 'b', '2026-06-11T11:00:00Z'));
    await world.settle();
    const [healed] = world.sink.take();
    expect(healed && said([healed])).toEqual([[]]);
    expect(completedAt(healed) > completedAt(opened)).toBe(true);
  });
});
