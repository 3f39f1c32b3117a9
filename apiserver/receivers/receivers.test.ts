import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { compileReceiver } from './compile.ts';
import type { DeclarationFault } from './declaration.ts';
import { faultText } from './declaration.ts';
import type { ReceiverNews, ReceiverObject } from './ports.ts';
import { Receivers } from './receivers.ts';
import { ALERTS, CHECKS, declared } from './testing/declared.ts';

/** Receivers of a cluster that a test speaks for. */
let queues: Map<string, (news: ReceiverNews) => void>;
let led: { manager: string; sources: { name: string; class: string; namespaces: string[] }[] }[];
let statuses: string[];
let away: boolean;
let receivers: Receivers;

function object(yaml: string, generation = 1, spec: object = {}): ReceiverObject {
  const { metadata, spec: written } = declared(yaml).receiver;
  return { metadata: { ...metadata, uid: metadata.name, generation } as never, spec: { ...written, ...spec } };
}

async function* events(kind: string, signal: AbortSignal): AsyncGenerator<ReceiverNews> {
  const waiting: ReceiverNews[] = [];
  let wake = (): void => {};
  queues.set(kind, (news) => {
    waiting.push(news);
    wake();
  });
  signal.addEventListener('abort', () => wake());
  while (!signal.aborted) {
    const next = waiting.shift();
    if (next) yield next;
    else
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  }
}

beforeEach(async () => {
  [queues, led, statuses, away] = [new Map(), [], [], false];
  receivers = new Receivers({
    configured: [declared(CHECKS.replace('checks', 'fixed'))],
    watch: events,
    writeStatus: async (written, _kind, { path, faults }: { path: string; faults: readonly DeclarationFault[] }) =>
      void statuses.push(`${path}@${written.metadata.generation} ${faults.map(faultText).join('; ') || 'ok'}`),
    store: {
      lead: async (manager, _shard, sources) => {
        if (away) throw new Error('the database is away');
        led.push({
          manager,
          sources: sources.map(({ name, class: of, filter }) => ({ name, class: of, namespaces: filter.namespaces })),
        });
        return [];
      },
    },
    log: { info: () => {}, warn: () => {} },
    retryMs: 1,
  });
  receivers.start();
  await vi.waitFor(() => expect(queues.size).toBe(2));
});
afterEach(() => receivers[Symbol.asyncDispose]());

const tell = (kind: string, news: ReceiverNews): void => queues.get(kind)?.(news);
const namespaced = (news: ReceiverNews): void => tell('WebhookReceiver', news);
const stateOf = (path: string): string => {
  const found = receivers.find(path);
  return typeof found === 'string' ? found : found.receiver ? 'accepted' : 'refused';
};
const reached = (path: string, state: string): Promise<void> =>
  vi.waitFor(() => expect(stateOf(path)).toBe(state), { interval: 5 });

describe('which receivers there are', () => {
  test('is unknown until both kinds are listed, or cannot be; those of the configuration are there at once', async () => {
    expect(stateOf('namespaces/team-a/fixed')).toBe('accepted');
    expect(stateOf('namespaces/team-a/checks')).toBe('unknown');
    namespaced({ type: 'listed', objects: [object(CHECKS)] });
    await reached('namespaces/team-a/checks', 'accepted');
    expect(stateOf('cluster/alerts')).toBe('unknown');
    tell('ClusterWebhookReceiver', { type: 'absent' });
    await reached('cluster/alerts', 'missing');
    tell('ClusterWebhookReceiver', { type: 'listed', objects: [object(ALERTS)] });
    await reached('cluster/alerts', 'accepted');
  });

  test('follows changes without a restart', async () => {
    namespaced({ type: 'listed', objects: [object(CHECKS)] });
    await reached('namespaces/team-a/checks', 'accepted');
    namespaced({ type: 'applied', object: object(CHECKS, 2, { match: 'paylod.ok' }) });
    await reached('namespaces/team-a/checks', 'refused');
    namespaced({ type: 'applied', object: object(CHECKS, 3, { match: 'payload.ok' }) });
    await reached('namespaces/team-a/checks', 'accepted');
    namespaced({ type: 'deleted', object: object(CHECKS, 3) });
    await vi.waitFor(() => expect(stateOf('namespaces/team-a/checks')).not.toBe('accepted'));
    expect(statuses).toEqual([
      'namespaces/team-a/checks@1 ok',
      'namespaces/team-a/checks@2 spec.match 1:1: nothing is called paylod; there is payload, headers, query',
      'namespaces/team-a/checks@3 ok',
    ]);
  });

  test('is what the last list says: what is missing from it is gone', async () => {
    namespaced({ type: 'listed', objects: [object(CHECKS), object(CHECKS.replace('team-a', 'team-b'))] });
    await reached('namespaces/team-b/checks', 'accepted');
    namespaced({ type: 'listed', objects: [object(CHECKS)] });
    tell('ClusterWebhookReceiver', { type: 'listed', objects: [] });
    await reached('namespaces/team-b/checks', 'missing');
    expect(statuses).toHaveLength(2); // an object that did not change is not told again
  });

  test('one bad object, whatever it holds, does not hide the others', async () => {
    const bad = { metadata: { name: 'bad', namespace: 'team-a' }, spec: { subject: 7, findings: null } };
    namespaced({ type: 'listed', objects: [bad, { metadata: { name: 'worse', namespace: 'x' } }, object(CHECKS)] });
    await reached('namespaces/team-a/checks', 'accepted');
    expect([stateOf('namespaces/team-a/bad'), stateOf('namespaces/x/worse')]).toEqual(['refused', 'refused']);
    expect(statuses[0]).toContain('spec.authentication');
  });

  test('an object cannot take the name of one of the configuration', async () => {
    namespaced({ type: 'listed', objects: [object(CHECKS.replace('checks', 'fixed'), 1, { match: 'false' })] });
    await vi.waitFor(() => expect(statuses[0]).toContain('the configuration of the server has a receiver'));
    expect(stateOf('namespaces/team-a/fixed')).toBe('accepted');
  });
});

describe('an object of the cluster is refused', () => {
  test.each([
    ['that names a file of the server', '{signature: {scheme: GitHub, secretFile: /etc/shadow}}', 'secretFile'],
    [
      'that names a Secret elsewhere',
      '{signature: {scheme: GitHub, secretRef: {name: a, key: b, namespace: other}}}',
      'secretRef',
    ],
  ])('%s', async (_, authentication, path) => {
    const yaml = CHECKS.replace(/authentication: .*/, `authentication: ${authentication}`);
    namespaced({ type: 'listed', objects: [object(yaml)] });
    await reached('namespaces/team-a/checks', 'refused');
    expect(statuses[0]).toContain(`spec.authentication.signature.${path}`);
  });
});

test('the token that everybody tries first is refused, wherever it is written', async () => {
  const hash = createHash('sha256').update('change-me').digest('hex');
  const yaml = CHECKS.replace(/sha256: \w+/, `sha256: ${hash}`);
  namespaced({ type: 'listed', objects: [object(yaml)] });
  await reached('namespaces/team-a/checks', 'refused');
  const fault = 'spec.authentication.token.sha256: is the hash of "change-me"';
  expect(statuses[0]).toContain(fault);
  const { faults } = await compileReceiver(declared(yaml, 'configuration'));
  expect(faults.map(faultText)).toEqual([expect.stringContaining(fault)]);
});

describe('row 8', () => {
  test('the store knows the sources with their namespaces, and learns which are gone', async () => {
    namespaced({
      type: 'listed',
      objects: [object(CHECKS), object(CHECKS.replace('team-a', 'team-b'), 1, { observedAt: 'payload.at' })],
    });
    tell('ClusterWebhookReceiver', { type: 'listed', objects: [object(ALERTS)] });
    await vi.waitFor(() => expect(led).toHaveLength(3));
    namespaced({ type: 'deleted', object: object(CHECKS.replace('team-a', 'team-b')) });
    await vi.waitFor(() => expect(led).toHaveLength(4));
    namespaced({ type: 'deleted', object: object(CHECKS) });
    await vi.waitFor(() => expect(led).toHaveLength(5));
    const of = (manager: string) =>
      led.filter((each) => each.manager === `faultline/${manager}`).map(({ sources }) => sources);
    expect(of('configured-receivers')).toEqual([
      [{ name: 'receiver.fixed', class: 'received', namespaces: ['team-a'] }],
    ]);
    expect(of('clusterwebhookreceivers')).toEqual([
      [{ name: 'clusterreceiver.alerts', class: 'run', namespaces: ['*'] }],
    ]);
    expect(of('webhookreceivers')).toEqual([
      [{ name: 'receiver.checks', class: 'run', namespaces: ['team-a', 'team-b'] }],
      [{ name: 'receiver.checks', class: 'received', namespaces: ['team-a'] }],
      [],
    ]);
  });

  test('of the configuration may change, and the store learns it', async () => {
    for (const kind of ['WebhookReceiver', 'ClusterWebhookReceiver']) tell(kind, { type: 'absent' });
    await reached('namespaces/team-a/fixed', 'accepted');
    await receivers.declare([declared(CHECKS.replace('checks', 'other'))]);
    expect(['fixed', 'other'].map((name) => stateOf(`namespaces/team-a/${name}`))).toEqual(['missing', 'accepted']);
    const names = (): string[] => led.flatMap(({ sources }) => sources.map(({ name }) => name));
    await vi.waitFor(() => expect(names().at(-1)).toBe('receiver.other'));
  });

  test('what is not listed yet is not gone, and a store that is away is told later', async () => {
    tell('ClusterWebhookReceiver', { type: 'absent' });
    away = true;
    namespaced({ type: 'listed', objects: [object(CHECKS)] });
    await reached('namespaces/team-a/checks', 'accepted');
    expect(led).toEqual([]);
    away = false;
    await vi.waitFor(() => expect(led.at(-1)?.manager).toBe('faultline/webhookreceivers'));
    expect(led.some(({ manager }) => manager.includes('cluster'))).toBe(false);
  });
});
