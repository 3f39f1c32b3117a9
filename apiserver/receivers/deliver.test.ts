import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Engine } from '../ingest/engine.ts';
import { localNamespaces } from '../ingest/namespaces.ts';
import type { ReportAccess } from '../ingest/ports.ts';
import { EngineFixture } from '../ingest/testing/engine-fixture.ts';
import { sweepAbsentSources } from '../store/sweep-issues.ts';
import { ReceiverCallers } from './access.ts';
import type { Receiver } from './compile.ts';
import { Coverage } from './coverage.ts';
import { deliver, type Outcome } from './deliver.ts';
import { declaredEntry, type Entry } from './entry.ts';
import type { Delivery } from './evaluate.ts';
import { EvaluationGate } from './evaluation-gate.ts';
import type { ReceiverNews, ReceiverObject, WatchReceivers } from './ports.ts';
import { Receivers } from './receivers.ts';
import { ALERTS, CHECKS, compiled, declared } from './testing/declared.ts';

/** Receivers on a real engine and a real store: what is sent is what is stored. */

const nobody: ReportAccess = {
  mayReport: () => ({ allowed: false, reason: 'nobody may' }),
  mayLead: () => ({ allowed: false, reason: 'nobody may' }),
};
const callers = new ReceiverCallers();
let fixture: EngineFixture;
let engine: Engine;
let checks: Receiver;
let alerts: Receiver;

beforeAll(async () => {
  fixture = await EngineFixture.open();
  engine = fixture.start({ access: callers.wrap(nobody) });
  checks = await compiled(CHECKS);
  alerts = await compiled(ALERTS);
});
beforeEach(() => fixture.empty());
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await fixture[Symbol.asyncDispose]();
});

function send(receiver: Receiver, payload: unknown, more: Partial<Delivery> = {}): Promise<Outcome> {
  const delivery = { payload, headers: {}, query: {}, receivedAt: Date.now(), ...more };
  return deliver(receiver, delivery, {
    engine,
    gate: new EvaluationGate(() => 0),
    caller: callers.callerOf(receiver),
    clusterScopedNamespace: 'faultline-system',
  });
}

/** `200 3A http`: status and decisions of each result. */
const shown = ({ results }: Outcome): string[] =>
  results.map(({ status, decisions = [], error }) =>
    [status, ...decisions.map(({ cell, key }) => `${cell} ${key}`), ...(error ? [error] : [])].join(' '),
  );
const states = async (): Promise<string[]> =>
  (await fixture.issues()).map(({ spec, status }) => `${spec.subject.name} ${status.state}`).sort();

describe('a receiver without a time of its own', () => {
  const red = { service: 'web', check: 'http', ok: false };

  test('opens, keeps and resolves an issue in order of arrival', async () => {
    expect(shown(await send(checks, red))).toEqual(['200 6A http']);
    expect(await states()).toEqual(['web Active']);
    expect(shown(await send(checks, { ...red, ok: true }))).toEqual(['200 6B http']);
    expect(await states()).toEqual(['web Resolved']);
    await send(checks, red);
    expect(await states()).toEqual(['web Active']);
    const [issue] = (await fixture.issues()) as unknown as { metadata: object; spec: object }[];
    expect(issue).toMatchObject({
      metadata: { namespace: 'team-a' },
      spec: {
        source: 'receiver.checks',
        subject: { apiVersion: 'example.com/v1', kind: 'Service', namespace: 'team-a', name: 'web' },
        title: 'http of web fails',
      },
    });
  });

  test('a delivery that is tried again answers as the first time, and undoes nothing', async () => {
    const first = await send(checks, red, { deliveryId: 'one' });
    await send(checks, { ...red, ok: true }, { deliveryId: 'two' });
    expect((await send(checks, red, { deliveryId: 'one' })).results).toEqual(first.results);
    expect(await states()).toEqual(['web Resolved']);
  });

  test('the ids of two receivers of one name are their own', async () => {
    const other = await compiled(CHECKS.replace('team-a', 'team-b'));
    const here = await send(checks, red, { deliveryId: 'one' });
    const there = await send(other, red, { deliveryId: 'one' });
    expect(here.results[0]?.decisions?.[0]?.issue?.namespace).toBe('team-a');
    expect(there.results[0]?.decisions?.[0]?.issue?.namespace).toBe('team-b');
  });

  test('a namespace that is not there is 404', async () => {
    const missing = fixture.start({
      access: callers.wrap(nobody),
      namespaces: { resolve: (name) => (name === 'team-a' ? 'missing' : localNamespaces('x').resolve(name)) },
    });
    const delivery = { payload: red, headers: {}, query: {}, receivedAt: 0 };
    const gate = new EvaluationGate(() => 0);
    const to = { engine: missing, gate, caller: callers.callerOf(checks), clusterScopedNamespace: 'x' };
    expect(await deliver(checks, delivery, to)).toMatchObject({ status: 404, error: 'namespace team-a not found' });
    await missing[Symbol.asyncDispose]();
  });
});

describe('a receiver with a time of its own', () => {
  const at = (minutesAgo: number): string => new Date(Date.now() - minutesAgo * 60_000).toISOString();
  const alert = (status: string, startsAt: string, endsAt: string, more: object = {}) => ({
    ...{ status, startsAt, endsAt },
    labels: { alertname: 'Down', thing: 'db', namespace: 'team-a', ...more },
  });

  test('is ordered by that time, in whatever order payloads arrive', async () => {
    const [began, ended] = [at(30), at(10)];
    const firing = { alerts: [alert('firing', began, at(-60))] };
    const resolved = { alerts: [alert('resolved', began, ended)] };
    expect(shown(await send(alerts, firing))).toEqual(['200 6A Down']);
    expect(shown(await send(alerts, resolved))).toEqual(['200 6B Down']);
    // The first one again, late: older than what is known.
    await send(alerts, firing);
    expect(await states()).toEqual(['db Resolved']);
    await send(alerts, { alerts: [alert('firing', at(5), at(-60))] });
    expect(await states()).toEqual(['db Active']);
  });

  test('of two payloads of one time the later one corrects the first', async () => {
    const began = at(30);
    await send(alerts, { alerts: [alert('firing', began, began)] }, { receivedAt: 1_000 });
    await send(alerts, { alerts: [alert('resolved', began, began)] }, { receivedAt: 2_000 });
    expect(await states()).toEqual(['db Resolved']);
  });

  test('makes one report an item; those that fit are taken, the others told with their item', async () => {
    const outcome = await send(alerts, {
      alerts: [alert('firing', at(9), ''), { status: 'firing' }, alert('firing', at(9), '', { thing: 'web' })],
    });
    expect(outcome).toMatchObject({ status: 422, error: expect.stringContaining('item 1: ') });
    expect(outcome.details?.[0]).toEqual({
      path: 'spec.namespace',
      message: '1:9: there is no item.labels',
      value: 'item.labels',
    });
    expect(shown(outcome).map((line) => line.slice(0, 6))).toEqual(['200 6A', '422 in', '200 6A']);
    expect(await states()).toEqual(['db Active', 'web Active']);
  });

  test('a delivery id makes a run answer as the first time, too', async () => {
    const payload = { alerts: [alert('firing', at(9), '')] };
    const first = await send(alerts, payload, { deliveryId: 'one' });
    expect((await send(alerts, payload, { deliveryId: 'one' })).results).toEqual(first.results);
  });

  test('without a namespace the issue lives where those of the cluster do', async () => {
    await send(alerts, { alerts: [alert('firing', at(9), '', { namespace: '' })] });
    const [issue] = (await fixture.issues()) as unknown as { metadata: { namespace: string }; spec: object }[];
    expect(issue?.metadata.namespace).toBe('faultline-system');
    expect(issue?.spec).toMatchObject({ subject: { apiVersion: 'example.com/v1', kind: 'Thing', name: 'db' } });
  });

  test('what match leaves out is no report, and needs no list', async () => {
    expect(await send(alerts, { ping: true })).toEqual({ status: 200, results: [], skipped: 1 });
  });

  test('a time in the future is refused under the name of its expression', async () => {
    const outcome = await send(alerts, { alerts: [alert('firing', at(-30), '')] });
    expect(outcome).toMatchObject({ status: 422, details: [{ path: 'spec.observedAt' }] });
  });
});

describe('a payload that does not fit', () => {
  test.each([
    [{ service: 'web', check: 'http' }, 'spec.findings', '1:8: there is no payload.ok', 'payload.ok'],
    [{ ok: true, check: 'http' }, 'spec.subject', '1:68: there is no payload.service', 'payload.service'],
    [null, 'spec.subject', '1:68:', undefined],
    [{ service: 'web', check: 'http', ok: false, text: 7 }, 'spec.findings[0].description', 'must be a string', 7],
    [{ service: '', check: 'http', ok: false }, 'spec.subject.name', 'is not allowed to be empty', ''],
    [{ service: 'web', check: 7, ok: true }, 'spec.resolve[0]', 'must be a string', 7],
  ])('%j: %s %s', async (payload, path, message, value) => {
    const outcome = await send(checks, payload);
    expect(outcome.status).toBe(422);
    const fault = outcome.details?.find((each) => each.path === path);
    expect(fault?.message).toContain(message);
    if (value !== undefined) expect(fault?.value).toBe(value);
    expect(outcome.error).toContain(path);
    expect(await states()).toEqual([]);
  });

  test('an expression of another form than asked for is named', async () => {
    const wrong = CHECKS.replace('payload.ok ? [] :', 'payload.ok ? 7 :');
    const outcome = await send(await compiled(wrong), { service: 'web', check: 'http', ok: true });
    expect(outcome.details).toEqual([{ path: 'spec.findings', message: 'must be a list, not 7' }]);
  });

  test('lists that are too long are refused at once', async () => {
    const outcome = await send(alerts, { alerts: Array.from({ length: 1_001 }, () => ({})) });
    expect(outcome).toMatchObject({ status: 422, details: [{ path: 'spec.each' }] });
  });

  test('the budget of a delivery ends it; what came before is taken', async () => {
    const greedy = await compiled(
      CHECKS.replace('findings: |', 'each: payload.list\n  findings: |').replaceAll(
        'payload.ok ?',
        'payload.list.all(x, x in payload.list) ?',
      ),
    );
    const list = Array.from({ length: 60 }, (_, index) => index);
    const outcome = await send(greedy, { list: [...list, ...list, ...list], service: 'web', check: 'http' });
    expect(outcome.results.map(({ status }) => status)).toContain(200);
    expect(outcome.results.at(-1)?.status).toBe(422);
    expect(outcome.details?.[0]?.message).toContain('costs more than 500000 units');
  });
});

describe('a namespaced receiver', () => {
  test('reports about its own namespace only', async () => {
    const curious = CHECKS.replace("'name': payload.service", "'name': 'x', 'namespace': payload.service");
    const outcome = await send(await compiled(curious), { service: 'team-b', check: 'http', ok: false });
    expect(outcome.details?.[0]).toMatchObject({
      path: 'spec.subject',
      message: expect.stringContaining('own namespace'),
    });
  });

  test('has no right beyond its source and its namespace, whatever it would say', async () => {
    const access = callers.wrap(nobody);
    const caller = callers.callerOf(checks);
    const own = { source: 'receiver.checks', namespace: 'team-a', subjectNamespace: 'team-a' };
    expect(access.mayReport(caller, own)).toEqual({ allowed: true });
    for (const other of [{ source: 'receiver.x' }, { namespace: 'team-b' }, { subjectNamespace: undefined }]) {
      expect(access.mayReport(caller, { ...own, ...other })).toMatchObject({ allowed: false });
    }
    // A name proves nothing.
    expect(access.mayReport({ ...caller }, own)).toMatchObject({ allowed: false });
  });
});

interface Swept {
  readonly metadata: { readonly namespace: string };
  readonly status: { readonly state: string; readonly conditions?: readonly { type: string; reason: string }[] };
}

describe('row 8', () => {
  const log = { info: () => {}, warn: () => {} };
  const RUNS = CHECKS.replace('resolve:', 'observedAt: payload.at\n  resolve:');
  const stored = (shard: string) => fixture.store.source('receiver.checks', shard);
  const object = (yaml: string): ReceiverObject => declared(yaml).receiver as unknown as ReceiverObject;
  /** Receivers of a cluster that was told `news`; the other kind has none. */
  const following = (configured: string[], news: readonly ReceiverNews[]): Receivers => {
    const watch: WatchReceivers = async function* (kind) {
      if (kind === 'WebhookReceiver') yield* news;
      else yield { type: 'listed', objects: [] };
    };
    const receivers = new Receivers({
      ...{ configured: configured.map((yaml) => declared(yaml, 'configuration')), watch, store: fixture.store, log },
      retryMs: 5,
    });
    receivers.start();
    return receivers;
  };
  /** Where issues are, in which state, and whether the sweeper finds their source absent. */
  const swept = async (): Promise<string[]> => {
    await sweepAbsentSources(fixture.store, 24 * 3_600_000);
    return ((await fixture.issues()) as unknown as Swept[])
      .map(({ metadata, status: { state, conditions = [] } }) => {
        const absent = conditions.find(({ type }) => type === 'SourceAbsent');
        return [metadata.namespace, state, ...(absent ? [absent.reason] : [])].join(' ');
      })
      .sort();
  };

  test('the sources of receivers are registered, and absent once they are deleted', async () => {
    using coverage = new Coverage(fixture.store, log, 5);
    const entry = await declaredEntry(declared(CHECKS));
    const place = 'webhookreceivers';
    const cover = (...entries: Entry[]): void => coverage.cover(new Map([[place, entries]]));
    cover(entry);
    await expect.poll(() => stored(place)).toMatchObject({ class: 'received', filter: { namespaces: ['team-a'] } });
    expect(await stored(place)).not.toHaveProperty('absentSince');
    cover();
    await expect.poll(() => stored(place)).toHaveProperty('absentSince');
    cover(entry);
    await expect.poll(() => stored(place)).not.toHaveProperty('absentSince');
  });

  test('one of the configuration and one of the cluster with the same name do not take from each other', async () => {
    const red = { service: 'web', check: 'http', ok: false };
    const elsewhere = CHECKS.replace('team-a', 'team-b');
    await using _ = following([CHECKS], [{ type: 'listed', objects: [object(elsewhere)] }]);
    await expect.poll(() => stored('webhookreceivers')).toBeDefined();
    await expect.poll(() => stored('configured-receivers')).toBeDefined();
    await send(checks, red);
    await send(await compiled(elsewhere), red);
    expect(await swept()).toEqual(['team-a Active', 'team-b Active']);
  });

  test('one of the cluster that the configuration stands in front of may go, and nothing is absent', async () => {
    await send(checks, { service: 'web', check: 'http', ok: false });
    const news: ReceiverNews[] = [
      { type: 'listed', objects: [object(CHECKS)] },
      { type: 'deleted', object: object(CHECKS) },
      { type: 'applied', object: object(CHECKS.replace('checks', 'last')) },
    ];
    await using _ = following([CHECKS], news);
    await expect.poll(() => fixture.store.source('receiver.last', 'webhookreceivers')).toBeDefined();
    expect(await swept()).toEqual(['team-a Active']);
    expect(await stored('webhookreceivers')).toBeUndefined();
  });

  test('a source has one class, wherever its receivers are declared, and times of runs are kept', async () => {
    const runs = await compiled(RUNS.replace('team-a', 'team-b'));
    const at = (minute: number): string => new Date(Date.now() - minute * 60_000).toISOString();
    const red = { service: 'web', check: 'http', ok: false, at: at(9) };
    await send(runs, red);
    await send(runs, { ...red, ok: true, at: at(5) });
    await using _ = following([CHECKS], [{ type: 'listed', objects: [object(RUNS.replace('team-a', 'team-b'))] }]);
    await expect.poll(() => stored('webhookreceivers')).toMatchObject({ class: 'run' });
    await expect.poll(() => stored('configured-receivers')).toMatchObject({ class: 'run' });
    await send(runs, red);
    expect(await swept()).toEqual(['team-b Resolved']);
  });
});
