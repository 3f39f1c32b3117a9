import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ControlPlane, startControlPlane } from '../../tests/controlplane/control-plane.ts';
import { Informer, type InformerOptions } from './informer.ts';
import { createKubeClient, type KubeClient } from './kube-client.ts';
import { createLiveSource } from './live-source.ts';
import { silentLogger } from './logger.ts';
import { createStrip } from './strip.ts';

/** The reflector on a real kube-apiserver: what the fake one of the unit tests can only imitate. */
describe('a live source', () => {
  let plane: ControlPlane;
  let client: KubeClient & AsyncDisposable;
  const stop = new AbortController();
  const running: Promise<void>[] = [];

  beforeAll(async () => {
    plane = await startControlPlane();
    client = createKubeClient({
      server: plane.url,
      ca: plane.caPem,
      cert: plane.admin.certificatePem,
      key: plane.admin.keyPem,
    });
    for (let index = 0; index < 130; index++) await create(`initial-${index}`);
  });

  afterAll(async () => {
    stop.abort();
    await Promise.all(running);
    await client?.[Symbol.asyncDispose]();
    await plane?.[Symbol.asyncDispose]();
  });

  const path = '/api/v1/namespaces/default/configmaps';
  const create = (name: string): Promise<unknown> =>
    plane.request(path, { method: 'POST', body: { metadata: { name }, data: { a: 'x' } } });

  function watch(
    rest: Partial<InformerOptions> & { kind: string },
    from: KubeClient = client,
    relistPeriodMs?: number,
  ): Informer {
    const informer = new Informer({
      source: createLiveSource({ client: from, logger: silentLogger, relistPeriodMs }),
      apiVersions: ['v1'],
      namespaces: ['default'],
      strip: createStrip(['data']),
      accept: () => true,
      logger: silentLogger,
      ...rest,
    });
    running.push(informer.run(stop.signal));
    return informer;
  }

  async function same(informer: Informer): Promise<void> {
    const names = async (): Promise<string[]> => {
      const { items } = JSON.parse((await plane.request(path)).body) as {
        items: { metadata: { name: string; resourceVersion: string } }[];
      };
      return items.map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`).sort();
    };
    const cached = (): string[] =>
      [...informer.cache.values()].map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`).sort();
    await expect.poll(cached, { timeout: 30_000 }).toEqual(await names());
  }

  const paths: string[] = [];
  /** A client whose wish for a streamed list the server refuses: it lacks a parameter that belongs to it. */
  const withoutStreams: KubeClient = {
    get server() {
      return client.server;
    },
    request(target, options) {
      paths.push(target);
      return client.request(target.replace('&resourceVersionMatch=NotOlderThan', ''), options);
    },
  };

  it.each(['streamed', 'paged'])('has what the server has by a %s list, and follows', async (how) => {
    const informer = watch({ kind: 'ConfigMap' }, how === 'paged' ? withoutStreams : client);
    await same(informer);
    await create(`later-${how}`);
    await plane.request(`${path}/initial-${how === 'paged' ? 1 : 2}`, { method: 'DELETE' });
    await same(informer);
    expect(informer.complete).toBe(true);
    if (how === 'paged') expect(paths.filter((each) => each.includes('limit=100'))).toHaveLength(2);
  });

  it('is checked at the very moment that it has reached, while everything changes, and nothing was missed', async () => {
    const asked: string[] = [];
    const recording: KubeClient = {
      get server() {
        return client.server;
      },
      request(target, options) {
        asked.push(target);
        return client.request(target, options);
      },
    };
    const informer = watch({ kind: 'ConfigMap' }, recording, 200);
    await same(informer);
    const checks = (): number => asked.filter((each) => each.includes('resourceVersionMatch=Exact')).length;
    for (let index = 0; checks() < 5; index++) {
      await create(`checked-${index}`);
      await plane.request(`${path}/checked-${index - 2}`, { method: 'DELETE' });
    }
    await same(informer);
    expect(informer.missed).toBe(0);
  });

  it('goes on after the API server was gone', async () => {
    const informer = watch({ kind: 'ConfigMap' });
    await same(informer);
    await plane.restartApiserver('SIGKILL');
    await create('after-the-crash');
    await same(informer);
    await expect.poll(() => informer.faults, { timeout: 60_000 }).toEqual([]);
  });

  it('shows a new client certificate when the old one has expired', async () => {
    const issue = (forMs: number): ReturnType<typeof plane.clientCa.issue> =>
      plane.clientCa.issue({
        ...{ commonName: 'jane', organizations: ['system:masters'], usage: 'client' },
        notAfter: new Date(Date.now() + forMs),
      });
    let shown = await issue(3_000);
    const expires = Date.now() + 3_500;
    let renewals = 0;
    await using rotating = createKubeClient({
      server: plane.url,
      tls: async () => ({ ca: plane.caPem, cert: shown.certificatePem, key: shown.keyPem }),
      renew: async () => {
        renewals++;
        shown = await issue(60_000);
      },
    });
    const status = async (): Promise<number> => {
      const response = await rotating.request(path, { signal: AbortSignal.timeout(10_000) });
      await response.text();
      return response.status;
    };
    expect([await status(), renewals]).toEqual([200, 0]);
    // The clock that counts is the API server's.
    await new Promise((resolve) => setTimeout(resolve, expires - Date.now()));
    expect([await status(), renewals]).toEqual([200, 1]);
  });

  it('names the rule that is missing', async () => {
    const { certificatePem: cert, keyPem: key } = await plane.clientCa.issue({ commonName: 'jane', usage: 'client' });
    const jane = createKubeClient({ server: plane.url, ca: plane.caPem, cert, key });
    const informer = watch({ kind: 'ConfigMap' }, jane);
    await expect.poll(() => informer.stateOf('default'), { timeout: 30_000 }).toBe('blocked');
    expect(informer.faults[0]?.message).toContain(
      'a Role in namespace default needs {apiGroups: [""], resources: ["configmaps"], verbs: ["list", "watch"]}',
    );
    await jane[Symbol.asyncDispose]();
  });

  it('waits for a kind until its CRD is installed', async () => {
    const informer = watch({ kind: 'Widget', apiVersions: ['example.com/v2', 'example.com/v1'] });
    await expect.poll(() => informer.stateOf('default'), { timeout: 30_000 }).toBe('absent');
    const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
    await plane.request('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      method: 'POST',
      body: {
        metadata: { name: 'widgets.example.com' },
        spec: {
          group: 'example.com',
          scope: 'Namespaced',
          names: { plural: 'widgets', kind: 'Widget' },
          versions: [{ name: 'v1', served: true, storage: true, schema }],
        },
      },
    });
    await expect.poll(() => informer.complete, { timeout: 60_000 }).toBe(true);
    const body = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w' } };
    await plane.request('/apis/example.com/v1/namespaces/default/widgets', { method: 'POST', body });
    await expect.poll(() => informer.cache.get('default/w')?.kind, { timeout: 30_000 }).toBe('Widget');
  });
});
