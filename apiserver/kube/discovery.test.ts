import { describe, expect, it } from 'vitest';
import { TestApi } from './testing/test-api.ts';

const V2 = 'application/json;v=v2;g=apidiscovery.k8s.io;as=APIGroupDiscoveryList';
const AGGREGATED = `${V2},application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json`;

describe('discovery', () => {
  it('D1 the probe path answers an APIResourceList whatever Accept says, without a redirect', async () => {
    await using api = await TestApi.start();
    for (const accept of ['application/json', '*/*', 'application/vnd.kubernetes.protobuf', '']) {
      const answer = await api.send('/apis/example.dev/v1', { headers: { accept } });
      expect(answer.status).toBe(200);
      expect(answer.json()).toMatchObject({
        kind: 'APIResourceList',
        apiVersion: 'v1',
        groupVersion: 'example.dev/v1',
      });
    }
  });

  it('D2 the resource lists get, list and watch and no verb that it does not serve', async () => {
    await using api = await TestApi.start();
    const { resources } = await api.json('/apis/example.dev/v1');
    expect(resources).toEqual([
      {
        name: 'widgets',
        singularName: 'widget',
        namespaced: true,
        kind: 'Widget',
        verbs: ['get', 'list', 'watch'],
        shortNames: ['wd'],
        categories: ['things'],
      },
    ]);
  });

  it('D4 D5 D6 aggregated discovery is negotiated, says so in Content-Type, and has a responseKind everywhere', async () => {
    await using api = await TestApi.start();
    const answer = await api.send('/apis', { headers: { accept: AGGREGATED } });
    expect(answer.headers['content-type']).toBe('application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList');
    expect(answer.json()).toMatchObject({
      kind: 'APIGroupDiscoveryList',
      apiVersion: 'apidiscovery.k8s.io/v2',
      items: [
        {
          metadata: { name: 'example.dev' },
          versions: [
            {
              version: 'v1',
              freshness: 'Current',
              resources: [
                {
                  resource: 'widgets',
                  responseKind: { group: 'example.dev', version: 'v1', kind: 'Widget' },
                  scope: 'Namespaced',
                  singularResource: 'widget',
                  verbs: ['get', 'list', 'watch'],
                },
              ],
            },
          ],
        },
      ],
    });
  });

  it('D7 H3 aggregated discovery has a strong ETag and answers 304 without body and Location', async () => {
    await using first = await TestApi.start();
    await using second = await TestApi.start();
    const etags = await Promise.all(
      [first, second].map(async (api) => (await api.send('/apis', { headers: { accept: V2 } })).headers.etag),
    );
    expect(etags[0]).toMatch(/^"[0-9A-F]{128}"$/);
    expect(etags[1]).toBe(etags[0]);
    const headers = { accept: V2, 'if-none-match': etags[0] as string };
    const again = await first.send('/apis', { headers });
    expect(again).toMatchObject({ status: 304, text: '' });
    expect(again.headers).toMatchObject({ vary: 'Accept', 'cache-control': 'public' });
    expect(again.headers.location).toBeUndefined();
  });

  it('D8 an authenticated caller without any right may discover, an unauthenticated one is asked for', async () => {
    await using api = await TestApi.start();
    api.allow = () => ({ allowed: false });
    const paths = ['/apis', '/apis/example.dev/v1', '/openapi/v2', '/openapi/v3', '/version'];
    api.user = { name: 'system:aggregator', groups: ['system:authenticated'] };
    for (const path of paths) expect((await api.send(path)).status).toBe(200);
    api.user = { name: 'system:anonymous', groups: ['system:unauthenticated'] };
    for (const path of paths) expect((await api.send(path)).status).toBe(403);
  });

  it('D10 groups, versions, the server version and the paths are there for who comes without an aggregator', async () => {
    await using api = await TestApi.start();
    expect(await api.json('/apis')).toMatchObject({ kind: 'APIGroupList', groups: [{ name: 'example.dev' }] });
    expect(await api.json('/apis/example.dev')).toMatchObject({
      kind: 'APIGroup',
      preferredVersion: { groupVersion: 'example.dev/v1' },
    });
    expect(await api.json('/version')).toMatchObject({ major: '1', minor: '34', gitVersion: 'v1.34.1+test' });
    expect(await api.json('/api')).toMatchObject({ kind: 'APIVersions', versions: [] });
    expect((await api.json('/')).paths).toContain('/apis/example.dev/v1');
    expect((await api.send('/apis/other.dev/v1')).status).toBe(404);
    expect((await api.send('/apis/example.dev/v2')).status).toBe(404);
  });

  it('X3 discovery and OpenAPI come from code: nothing of the source is asked', async () => {
    await using api = await TestApi.start({ follow: false });
    api.source.fail(new Error('no database'));
    for (const path of [
      '/apis',
      '/apis/example.dev/v1',
      '/openapi/v2',
      '/openapi/v3',
      '/openapi/v3/apis/example.dev/v1',
    ]) {
      expect((await api.send(path)).status).toBe(200);
    }
    expect(new Set(Object.values(api.source.calls))).toEqual(new Set([0]));
  });
});
