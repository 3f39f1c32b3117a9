import assert from 'node:assert';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { defineController, type ObjectLike } from '../index.ts';
import type { Clock } from '../runtime/clock.ts';
import { recordedLine } from '../runtime/recorded-stream.ts';
import type { SourceEvent } from '../runtime/source.ts';
import {
  type ClusterObject,
  FakeApiServer,
  kindsOf,
  loadStream,
  ManualClock,
  MemorySource,
  playStream,
  type RecordedChange,
  randomFaults,
  replayStream,
  type StreamFault,
} from './index.ts';

interface Lamp extends ObjectLike {
  status?: { phase?: string };
}

const controller = defineController<Lamp>({
  apiVersion: 'controller/v1',
  watches: { apiVersion: 'light.example.com/v1', kind: 'Lamp', fields: ['status.phase'] },
  order: 'state',
  onDelete: 'resolve',
  observe({ apiVersion, kind, metadata, status }, read) {
    const subject = { apiVersion, kind, namespace: metadata.namespace ?? '', name: metadata.name };
    const finding = {
      key: 'lamp',
      type: 'light',
      severity: 'minor' as const,
      reason: 'Dark',
      title: `${kind} ${metadata.name} is dark`,
    };
    return { subject, observedAt: read.now().toISOString(), findings: status?.phase === 'Dark' ? [finding] : [] };
  },
});

const lamp = (name: string, phase: string, version: number): ClusterObject => ({
  ...{ apiVersion: 'light.example.com/v1', kind: 'Lamp', status: { phase } },
  metadata: { name, namespace: 'hall', uid: `uid-${name}`, resourceVersion: String(version) },
});
const at = (seconds: number): string => new Date(Date.UTC(2026, 0, 1) + seconds * 1_000).toISOString();
const stream: RecordedChange[] = [
  { at: at(0), type: 'ADDED', object: lamp('a', 'On', 1) },
  { at: at(0), type: 'ADDED', object: lamp('b', 'Dark', 2) },
  { at: at(30), type: 'MODIFIED', object: lamp('a', 'Dark', 3) },
  { at: at(31), type: 'MODIFIED', object: lamp('a', 'On', 4) },
  { at: at(32), type: 'ADDED', object: lamp('c', 'Dark', 5) },
  { at: at(90), type: 'DELETED', object: lamp('b', 'Dark', 6) },
  { at: at(3_600), type: 'MODIFIED', object: lamp('a', 'Dark', 7) },
];

test('a stream is replayed through the whole runtime, at the times of the stream', async () => {
  const { sent, last } = await replayStream(controller, stream);
  expect(
    sent.map(({ subject, observedAt, body }) => [
      subject.name,
      observedAt,
      'findings' in body ? body.findings.length : body,
    ]),
  ).toEqual([
    ['a', '2026-01-01T00:00:00.000Z', 0],
    ['b', '2026-01-01T00:00:00.000Z', 1],
    ['a', '2026-01-01T00:00:30.000Z', 1],
    ['a', '2026-01-01T00:00:31.000Z', 0],
    ['c', '2026-01-01T00:00:32.000Z', 1],
    ['b', undefined, { deleted: 'object' }],
    ['a', '2026-01-01T01:00:00.000Z', 1],
  ]);
  expect(last).toHaveLength(3);
});

test('whatever the watch does on the way, the end is the same', async () => {
  const ends = async (faults: StreamFault[]) => {
    const { last } = await replayStream(controller, stream, { faults });
    return last.map(({ subject, body }) => [subject.name, 'findings' in body ? body.findings.length : 'deleted']);
  };
  const undisturbed = await ends([]);
  expect(Object.fromEntries(undisturbed)).toEqual({ a: 1, b: 'deleted', c: 1 });
  for (let seed = 1; seed <= 20; seed++) {
    const faults = randomFaults(stream.length, { seed });
    expect([seed, await ends(faults)]).toEqual([seed, undisturbed]);
  }
});

test('a controller with a memory is found by changes that come in another order', async () => {
  let looks = 0;
  const counts = defineController<Lamp>({
    ...controller,
    observe({ apiVersion, kind, metadata }) {
      looks++;
      const findings = Array.from({ length: looks }, (_, index) => ({
        ...{ key: `k${index}`, type: 'light', severity: 'minor' as const, reason: 'Seen', title: 'seen' },
      }));
      return { subject: { apiVersion, kind, namespace: metadata.namespace ?? '', name: metadata.name }, findings };
    },
  });
  const last = async (faults: StreamFault[]) => {
    looks = 0;
    return (await replayStream(counts, stream, { faults })).last.map(
      ({ body }) => 'findings' in body && body.findings.length,
    );
  };
  expect(await last([])).not.toEqual(await last([{ after: 3, type: 'reorder' }]));
});

/** What a watch is told, from its first list on. */
async function told(faults: StreamFault[], { speed = 1, changes = stream } = {}) {
  const clock = new ManualClock(at(0));
  const source = new MemorySource();
  const stop = new AbortController();
  const events: string[] = [];
  const line = (event: SourceEvent): string => {
    if (event.type === 'listed') return `listed ${event.objects.map(({ metadata }) => metadata.name).join('')}`;
    if (!('object' in event)) return event.type;
    return `${event.type} ${event.object.metadata.name}${event.object.metadata.resourceVersion}`;
  };
  const watching = (async () => {
    const request = { apiVersions: ['light.example.com/v1'], kind: 'Lamp' };
    for await (const event of source.watch(request, stop.signal))
      events.push(`${(clock.now() - Date.parse(at(0))) / 1_000} ${line(event)}`);
  })();
  await clock.advance(0);
  events.splice(0);
  const playing = playStream(changes, source, { clock, speed, faults });
  await clock.advance(4_000_000);
  await playing;
  stop.abort();
  await watching;
  return events;
}

const short = stream.slice(0, 5);

test('without faults a watch is told each change at its time, or faster', async () => {
  expect(await told([], { changes: short })).toEqual([
    ...['0 applied a1', '0 applied b2', '30 applied a3', '31 applied a4', '32 applied c5'],
  ]);
  expect((await told([], { speed: 10, changes: short })).slice(2)).toEqual([
    ...['3 applied a3', '3.1 applied a4', '3.2 applied c5'],
  ]);
  expect((await told([], { speed: Number.POSITIVE_INFINITY })).every((event) => event.startsWith('0 '))).toBe(true);
});

test.each<[string, StreamFault, string[]]>([
  [
    'expired lists again',
    { after: 3, type: 'expired' },
    ['30 applied a3', '30 listing', '30 listed ab', '30 synced', '31 applied a4', '32 applied c5'],
  ],
  [
    'a silence is late',
    { after: 2, type: 'silence', ms: 31_500 },
    ['31.5 applied a3', '31.5 applied a4', '32 applied c5'],
  ],
  [
    'a disconnect is told, and ends with a list',
    { after: 2, type: 'disconnect', ms: 30_500 },
    ['0 waiting', '30.5 applied a3', '30.5 listing', '30.5 listed ab', '30.5 synced', '31 applied a4', '32 applied c5'],
  ],
  [
    'a duplicate is told twice',
    { after: 4, type: 'duplicate' },
    ['30 applied a3', '31 applied a4', '31 applied a4', '32 applied c5'],
  ],
  ['two objects change places', { after: 3, type: 'reorder' }, ['30 applied a3', '32 applied c5', '32 applied a4']],
  [
    'one object in the wrong order is listed',
    { after: 2, type: 'reorder' },
    ['31 applied a3', '31 applied a4', '31 listing', '31 listed ab', '31 synced', '32 applied c5'],
  ],
])('%s', async (_, fault, expected) => {
  expect((await told([fault], { changes: short })).slice(2)).toEqual(expected);
});

test('a stream is read from its file, compressed or not', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stream-'));
  try {
    const text = stream.map(recordedLine).join('');
    await writeFile(join(folder, 's.jsonl'), text);
    await writeFile(join(folder, 's.jsonl.gz'), gzipSync(text));
    expect(await loadStream(join(folder, 's.jsonl'))).toEqual(stream);
    expect(await loadStream(join(folder, 's.jsonl.gz'))).toEqual(stream);
    await writeFile(join(folder, 'bad.jsonl'), `${text}{}\n`);
    await expect(loadStream(join(folder, 'bad.jsonl'))).rejects.toThrow(/bad\.jsonl:8: /);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('what docs/write-a-controller.md shows about streams works', async () => {
  const page = await readFile(join(import.meta.dirname, '../../docs/write-a-controller.md'), 'utf8');
  const [, code = ''] = /```ts\n(const changes = await loadStream.*?)```/s.exec(page) ?? [];
  expect(code).toContain('randomFaults');
  const timeless = defineController<Lamp>({
    ...controller,
    observe: ({ apiVersion, kind, metadata, status }) => ({
      subject: { apiVersion, kind, namespace: metadata.namespace ?? '', name: metadata.name },
      findings:
        status?.phase === 'Dark' ? [{ key: 'k', type: 't', severity: 'minor', reason: 'Dark', title: 'dark' }] : [],
    }),
  });
  const [, served = ''] = /```ts\n(const \[first, \.\.\.others\].*?)```/s.exec(page) ?? [];
  expect(served).toContain('FakeApiServer.start');
  const kit = { loadStream: async () => stream, replayStream, randomFaults, kindsOf, FakeApiServer, playStream };
  const given = { ...kit, controller: timeless, assert, clock: hastyClock(), faults: [{ after: 2, type: 'expired' }] };
  const AsyncFunction = (async () => {}).constructor as new (
    ...text: string[]
  ) => (...values: unknown[]) => Promise<void>;
  await new AsyncFunction(...Object.keys(given), `${code}\n${served}`)(...Object.values(given));
});

/** One that runs, faster than any: each wait is over at the next turn. */
function hastyClock(): Clock {
  let now = Date.parse(at(0));
  return {
    now: () => now,
    after(ms, callback) {
      const due = now + ms;
      const handle = setImmediate(() => {
        now = Math.max(now, due);
        callback();
      });
      return () => clearImmediate(handle);
    },
  };
}
