import { expect, test } from 'vitest';
import { defineController, type ObjectLike } from '../index.ts';
import type { SourceEvent } from '../runtime/source.ts';
import { HttpCluster } from './http-cluster.ts';
import { type ClusterObject, playStream, type RecordedChange, randomFaults, replayStream } from './index.ts';
import type { StreamFault } from './play-stream.ts';

/** A recorded stream over HTTP: the fake API server tells it, the reflector of the product hears it. */

interface Lamp extends ObjectLike {
  status?: { phase?: string };
}

const watches = { apiVersion: 'light.example.com/v1', kind: 'Lamp', fields: ['status.phase'] };

const lamp = (name: string, phase: string, labels: Record<string, string> = {}): ClusterObject => ({
  ...{ apiVersion: 'light.example.com/v1', kind: 'Lamp', status: { phase } },
  metadata: { name, namespace: 'hall', uid: `uid-${name}`, labels },
});
const at = (seconds: number): string => new Date(Date.UTC(2026, 0, 1) + seconds * 1_000).toISOString();
const stream: RecordedChange[] = [
  { at: at(0), type: 'ADDED', object: lamp('a', 'On') },
  { at: at(0), type: 'ADDED', object: lamp('b', 'Dark') },
  { at: at(30), type: 'MODIFIED', object: lamp('a', 'Dark') },
  { at: at(31), type: 'MODIFIED', object: lamp('a', 'On') },
  { at: at(32), type: 'ADDED', object: lamp('c', 'Dark') },
  { at: at(300), type: 'DELETED', object: lamp('b', 'Dark') },
];

/** What the reflector tells from the first change on, `seconds event`, and the requests that it made from then on. */
async function heard(faults: StreamFault[], { speed = 1, changes = stream, seconds = 400 } = {}) {
  await using cluster = await HttpCluster.start({ watches }, changes, at(0));
  const { clock, server, source } = cluster;
  const stop = new AbortController();
  const events: string[] = [];
  const line = (event: SourceEvent): string => {
    if (event.type === 'listed') return `listed ${event.objects.map(({ metadata }) => metadata.name).join('')}`;
    if (event.type === 'waiting') return `waiting ${event.fault.reason}`;
    return 'object' in event ? `${event.type} ${event.object.metadata.name}` : event.type;
  };
  const watching = (async () => {
    const request = { apiVersions: ['light.example.com/v1'], kind: 'Lamp' };
    for await (const event of source.watch(request, stop.signal))
      events.push(`${(clock.now() - Date.parse(at(0))) / 1_000} ${line(event)}`);
  })();
  await clock.advance(0);
  events.splice(0);
  server.requests.splice(0);
  const playing = playStream(changes, server, { clock, speed, faults });
  await clock.advance(seconds * 1_000);
  await playing;
  stop.abort();
  await watching;
  return { events, requests: server.requests.map((path) => path.replace(/.*\?/, '')) };
}

const short = stream.slice(0, 5);
const undisturbed = ['0 applied a', '0 applied b', '30 applied a', '31 applied a', '32 applied c', '300 deleted b'];

test('every change is heard at its time over one watch, which bookmarks keep open, or faster', async () => {
  const { events, requests } = await heard([]);
  expect(events).toEqual(undisturbed);
  expect(requests).toEqual([]);
  const faster = await heard([], { speed: 10 });
  expect(faster.events).toEqual([
    ...['0 applied a', '0 applied b', '3 applied a', '3.1 applied a', '3.2 applied c', '30 deleted b'],
  ]);
});

test('a watch ends when it asked to, and is resumed', async () => {
  const { events, requests } = await heard([], { seconds: 460 });
  expect(events).toEqual([...undisturbed, '450 watching']);
  expect(requests).toEqual([expect.stringContaining('resourceVersion=106')]);
});

test('410: everything is listed again, and nobody is told of a fault', async () => {
  const { events, requests } = await heard([{ after: 3, type: 'expired' }], { changes: short });
  expect(events.map((event) => event.replace(/^\S+ /, ''))).toEqual([
    ...['applied a', 'applied b', 'applied a', 'listing', 'listed a', 'listed b', 'synced', 'applied a', 'applied c'],
  ]);
  expect(requests.join()).toContain('sendInitialEvents=true');
});

test('a short silence is only late, and a long one ends with another connection', async () => {
  const late = await heard([{ after: 2, type: 'silence', ms: 31_500 }], { changes: short });
  expect(late.events.slice(2)).toEqual(['31.5 applied a', '31.5 applied a', '32 applied c']);
  expect(late.requests).toEqual([]);
  const dead = await heard([{ after: 2, type: 'silence', ms: 75_000 }], { changes: short });
  expect(dead.events.slice(2)).toEqual(['70 watching', '75 applied a', '75 applied a', '75 applied c']);
  expect(dead.requests).toEqual([expect.stringContaining('resourceVersion=102')]);
});

test('a disconnect is a fault until the server answers again, asked with backoff; a short one is resumed', async () => {
  const long = await heard([{ after: 2, type: 'disconnect', ms: 30_500 }], { changes: short });
  expect(long.events).toEqual([
    ...[0, 0.6, 1.8, 2.4, 3.6, 6, 10.8, 20.4].map((seconds) => `${seconds} waiting Unreachable`),
    ...['39.6 listing', '39.6 listed a', '39.6 listed b', '39.6 listed c', '39.6 synced'],
  ]);
  const brief = await heard([{ after: 3, type: 'disconnect', ms: 500 }], { changes: short });
  expect(brief.events.slice(2)).toEqual([
    ...['30 waiting Unreachable', '30.6 watching', '30.6 applied a', '31 applied a', '32 applied c'],
  ]);
});

test('a duplicate is heard twice', async () => {
  const { events } = await heard([{ after: 4, type: 'duplicate' }], { changes: short });
  expect(events.slice(2)).toEqual(['30 applied a', '31 applied a', '31 applied a', '32 applied c']);
});

test('the wrong order is noticed by its resourceVersions, and everything is listed', async () => {
  const { events } = await heard([{ after: 3, type: 'reorder' }], { changes: short });
  const later = events.slice(3).map((event) => event.replace(/^\S+ /, ''));
  expect(later).toEqual([
    ...['applied c', 'waiting ServerError', 'listing', 'listed a', 'listed b', 'listed c', 'synced'],
  ]);
});

const controller = defineController<Lamp>({
  apiVersion: 'controller/v1',
  watches,
  reads: [{ apiVersion: 'v1', kind: 'Room', fields: ['spec'] }],
  order: 'state',
  onDelete: 'resolve',
  observe({ apiVersion, kind, metadata, status }) {
    const subject = { apiVersion, kind, namespace: metadata.namespace ?? '', name: metadata.name };
    const finding = { key: 'lamp', type: 'light', severity: 'minor' as const, reason: 'Dark', title: 'is dark' };
    return { subject, findings: status?.phase === 'Dark' ? [finding] : [] };
  },
});

test('a controller says over HTTP what it says over a source in memory, whatever goes wrong on the way', async () => {
  const { last } = await replayStream(controller, stream);
  expect(last).toHaveLength(3);
  expect((await replayStream(controller, stream, { http: true })).last).toEqual(last);
  for (let seed = 1; seed <= 10; seed++) {
    const faults = randomFaults(stream.length, { seed });
    expect([seed, (await replayStream(controller, stream, { http: true, faults })).last]).toEqual([seed, last]);
  }
});

test('selectors, metadata only and objects without a namespace are as in a cluster', async () => {
  const selected = defineController<Lamp>({
    ...controller,
    watches: { apiVersion: 'light.example.com/v1', kind: 'Lamp', labelSelector: 'floor=1', fields: [] },
    reads: [],
    observe: ({ apiVersion, kind, metadata, status }) => ({
      subject: { apiVersion, kind, name: metadata.name },
      findings: [{ key: 'k', type: 't', severity: 'minor', reason: 'There', title: `phase ${status?.phase}` }],
    }),
  });
  const floor = (name: string, number: string): ClusterObject => {
    const { metadata, ...rest } = lamp(name, 'On', { floor: number });
    const { namespace: _, ...own } = metadata;
    return { ...rest, metadata: own };
  };
  const changes: RecordedChange[] = [
    { at: at(0), type: 'ADDED', object: floor('a', '1') },
    { at: at(1), type: 'ADDED', object: floor('b', '2') },
    { at: at(2), type: 'MODIFIED', object: floor('a', '2') },
    { at: at(3), type: 'MODIFIED', object: floor('b', '1') },
  ];
  const { sent } = await replayStream(selected, changes, { http: true });
  expect(
    sent.map(({ subject, body }) => [subject.name, 'findings' in body ? body.findings[0]?.title : body.deleted]),
  ).toEqual([
    ['a', 'phase undefined'],
    ['a', 'object'],
    ['b', 'phase undefined'],
  ]);
});
