import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemorySink } from '../testing/memory-sink.ts';
import type { LoadedController } from './loader.ts';
import { type ClusterObject, isClusterObject } from './object.ts';
import { defineController } from './plugin.ts';
import { replay } from './replay.ts';

interface Run {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
  status: { message: string; conditions: { type: string; status: string }[] };
}

const definition = defineController<Run, unknown>({
  apiVersion: 'controller/v1',
  watches: { apiVersion: ['example.com/v1', 'example.com/v1beta1'], kind: 'Run', fields: ['status'] },
  reads: [{ apiVersion: 'example.com/v1', kind: 'Task', ownedByObject: true }],
  order: 'run',
  onDelete: 'keep',
  async observe(run, read) {
    const tasks = await read.owned('Task');
    const failing = run.status.conditions.some(({ type, status }) => type === 'Succeeded' && status === 'False');
    const subject = { apiVersion: 'v1', kind: 'Pipeline', namespace: run.metadata.namespace ?? 'none', name: 'build' };
    const title = `${run.status.message} ${tasks.length}`;
    return {
      subject,
      findings: failing ? [{ key: 'run', type: 'build', severity: 'major', reason: 'Failed', title }] : [],
    };
  },
});

const controllers: LoadedController[] = [
  {
    name: 'runs',
    use: 'runs',
    definition,
    options: {},
    namespaces: ['*'],
    labelSelector: '',
    concurrency: 4,
    maxAgeMs: 1,
  },
];

function run(name: string, minute: number, succeeded: boolean): ClusterObject {
  const completionTime = new Date(minute * 60_000).toISOString();
  const status = {
    message: name,
    completionTime,
    conditions: [{ type: 'Succeeded', status: succeeded ? 'True' : 'False' }],
  };
  return { apiVersion: 'example.com/v1beta1', kind: 'Run', metadata: { name, namespace: 'ns', uid: name }, status };
}

describe('a replay', () => {
  it('runs the controllers over recorded objects once, through the same loop', async () => {
    const sink = new MemorySink();
    const owner = { apiVersion: 'example.com/v1beta1', kind: 'Run', name: 'r3', uid: 'r3' };
    const task = {
      apiVersion: 'example.com/v1',
      kind: 'Task',
      metadata: { name: 't', namespace: 'ns', ownerReferences: [owner] },
    };
    const progress: [number, number][] = [];
    const objects = [run('r3', 3, false), run('r1', 1, true), run('r2', 2, false), task];
    const { controllers: statuses } = await replay({
      controllers,
      objects,
      sink,
      onProgress: (...each) => progress.push(each),
    });
    expect(sink.reports.map(({ body }) => ('findings' in body ? body.findings.map(({ title }) => title) : []))).toEqual(
      [[], ['r2 0'], ['r3 1']],
    );
    expect(statuses[0]?.counts).toMatchObject({ objects: 3, decided: 3, failing: 2, reported: 3 });
    expect(progress.at(-1)).toEqual([3, 3]);
  });

  it('survives any object, however hostile, and still decides the good one', async () => {
    const anything = fc.oneof(
      fc.jsonValue(),
      fc.string({ unit: 'binary' }),
      fc.constant('x'.repeat(1_000_000)),
      fc.constant(Array(10_000).fill({ url: 'x' })),
    );
    const hostile = fc.record(
      {
        apiVersion: fc.constantFrom('example.com/v1', 'example.com/v1beta1'),
        kind: fc.constant('Run'),
        metadata: fc.record(
          {
            name: fc.oneof(
              fc.string({ unit: 'binary', minLength: 1 }),
              fc.constantFrom('a', '../b', '\u202e', '__proto__'),
            ),
            namespace: fc.oneof(fc.string(), fc.constantFrom('ns', 'NS', '')),
            uid: anything,
            labels: anything,
            annotations: anything,
            ownerReferences: anything,
            creationTimestamp: anything,
          },
          { requiredKeys: ['name'] },
        ),
        spec: anything,
        status: fc.oneof(
          anything,
          fc.record({ conditions: anything, completionTime: anything, message: anything }, { requiredKeys: [] }),
        ),
      },
      { requiredKeys: ['apiVersion', 'kind', 'metadata'] },
    );
    const property = fc.asyncProperty(fc.array(hostile, { maxLength: 8 }), async (objects) => {
      const sink = new MemorySink();
      const recorded = [...objects, run('good', 1, false)].filter(isClusterObject);
      const { controllers: statuses } = await replay({ controllers, objects: recorded, sink });
      expect(sink.reports.some(({ observed }) => observed?.name === 'good')).toBe(true);
      const {
        objects: all,
        decided,
        undecided,
        failed,
      } = statuses[0]?.counts ?? { objects: -1, decided: 0, undecided: 0, failed: 0 };
      expect(decided + undecided + failed).toBe(all);
    });
    await fc.assert(property, { numRuns: 50 });
  });

  it('ends when it is told to', async () => {
    const stop = AbortSignal.abort(new Error('enough'));
    await expect(replay({ controllers, objects: [], sink: new MemorySink(), signal: stop })).rejects.toThrow('enough');
  });
});
