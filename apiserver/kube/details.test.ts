import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import type { ResourceDefinition } from './resource.ts';
import { TestApi } from './testing/test-api.ts';
import { WIDGETS_PATH, widget, widgetDefinition, widgetSource } from './testing/widgets.ts';

/** The items of the checklist that break nobody when they are missing, and still are what a built-in resource does. */
const ONE = '/apis/example.dev/v1/namespaces/n/widgets/a';
const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

describe('details', () => {
  it('D11 D7 another set of resources has another ETag, so that who polls sees it', async () => {
    const gadgets = {
      ...widgetDefinition(),
      plural: 'gadgets',
      singular: 'gadget',
      kind: 'Gadget',
      listKind: 'GadgetList',
    };
    await using before = await TestApi.start();
    await using after = await TestApi.start({ more: [gadgets as unknown as ResourceDefinition] });
    const headers = { accept: AGGREGATED };
    const { etag } = (await before.send('/apis', { headers })).headers;
    const answer = await after.send('/apis', { headers: { ...headers, 'if-none-match': etag as string } });
    expect(answer.status).toBe(200);
    expect(answer.headers.etag).not.toBe(etag);
  });

  it('D12 who knows aggregated discovery only as v2beta1 gets the plain form, and says so in Content-Type', async () => {
    await using api = await TestApi.start();
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json';
    const answer = await api.send('/apis', { headers: { accept } });
    expect(answer.headers['content-type']).toBe('application/json');
    expect(answer.json()).toMatchObject({ kind: 'APIGroupList', groups: [{ name: 'example.dev' }] });
  });

  it.each(['pretty=1', 'pretty=T', 'pretty=TRUE'])('L15 %s is indented', async (query) => {
    await using api = await TestApi.start();
    expect((await api.send(`${WIDGETS_PATH}?${query}`)).text).toContain('\n  "kind"');
  });

  it('L15 indentation can be asked for in Accept, and is none of watches', async () => {
    const source = widgetSource();
    source.put(widget());
    await using api = await TestApi.start({ source });
    const headers = { accept: 'application/json;pretty=1' };
    expect((await api.send(ONE, { headers })).text).toContain('\n  "kind"');
    const watched = await api.send(`${WIDGETS_PATH}?watch=1&timeoutSeconds=1&pretty=true`, { headers });
    expect(watched.text.trimEnd().split('\n')).toHaveLength(1);
  });

  it('L16 L17 a watch is neither compressed nor stored by caches', async () => {
    await using api = await TestApi.start();
    const headers = { 'accept-encoding': 'gzip' };
    const watched = await api.send(`${WIDGETS_PATH}?watch=1&timeoutSeconds=1&resourceVersion=0`, { headers });
    expect(watched.headers['content-encoding']).toBeUndefined();
    expect(watched.headers['cache-control']).toBe('no-cache, private');
  });

  it('L19 objects have no managedFields, which nothing here needs', async () => {
    const source = widgetSource();
    source.put(widget());
    await using api = await TestApi.start({ source });
    expect((await api.json(ONE)).metadata).not.toHaveProperty('managedFields');
  });

  it.each(['widgets', 'namespaces/n/widgets', 'namespaces/n/widgets/a'])(
    'L20 the deprecated path watch/%s is a plain 404',
    async (path) => {
      await using api = await TestApi.start();
      const answer = await api.send(`/apis/example.dev/v1/watch/${path}`);
      expect(answer.json()).toMatchObject({ kind: 'Status', code: 404, reason: 'NotFound' });
    },
  );

  it('W17 a watch with a limit streams everything, and one that continues is refused', async () => {
    const source = widgetSource();
    for (const name of ['a', 'b', 'c']) source.put(widget({ name }));
    await using api = await TestApi.start({ source });
    using watch = await api.watch(`${WIDGETS_PATH}?watch=1&limit=1`);
    expect((await watch.take(3)).map(({ object }) => object.metadata.name)).toEqual(['a', 'b', 'c']);
    expect((await api.send(`${WIDGETS_PATH}?watch=1&continue=x`)).json()).toMatchObject({ code: 422 });
  });

  it('T8 a failure is a Status, whatever form was asked for', async () => {
    await using api = await TestApi.start();
    for (const as of ['Table', 'PartialObjectMetadata']) {
      const headers = { accept: `application/json;as=${as};v=v1;g=meta.k8s.io` };
      const answer = await api.send(`${ONE}-none`, { headers });
      expect(answer.json()).toMatchObject({ kind: 'Status', apiVersion: 'v1', code: 404 });
    }
  });

  it('T3 T6 what cannot be shown as asked is refused only when it is there', async () => {
    const source = widgetSource();
    source.put(widget());
    await using api = await TestApi.start({ source });
    const table = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
    const list = { accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json' };
    expect((await api.send(`${ONE}?includeObject=x`, { headers: table })).status).toBe(400);
    expect((await api.send(`${ONE}-none?includeObject=x`, { headers: table })).status).toBe(404);
    expect((await api.send(ONE, { headers: list })).json()).toMatchObject({ code: 406 });
    expect((await api.send(`${ONE}-none`, { headers: list })).status).toBe(404);
  });

  it('L10 an expired page says how to go on, and what follows is the rest as it is now', async () => {
    const source = widgetSource();
    for (const name of ['a', 'b', 'c']) source.put(widget({ name }));
    await using api = await TestApi.start({ source });
    const first = await api.json(`${WIDGETS_PATH}?limit=1`);
    source.put(widget({ name: 'd' }));
    source.trim();
    await api.json(WIDGETS_PATH);
    const gone = await api.json(`${WIDGETS_PATH}?limit=2&continue=${first.metadata.continue}`);
    expect(gone).toMatchObject({ code: 410, reason: 'Expired' });
    const rest = await api.json(`${WIDGETS_PATH}?limit=2&continue=${gone.metadata.continue}`);
    expect(rest.items.map(({ metadata }) => metadata.name)).toEqual(['b', 'c']);
    expect(rest.metadata).toMatchObject({ resourceVersion: '1004', remainingItemCount: 1 });
    const last = await api.json(`${WIDGETS_PATH}?limit=2&continue=${rest.metadata.continue}`);
    expect(last.items.map(({ metadata }) => metadata.name)).toEqual(['d']);
  });

  it.each(['../o/a', '/../o/a', 'n/../o/a', '..', 'n//a', 'n/./a'])(
    'L10 a page token cannot lead out of its list: %s',
    async (start) => {
      await using api = await TestApi.start();
      const token = Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: -1, start })).toString('base64url');
      const answer = await api.send(`/apis/example.dev/v1/namespaces/n/widgets?continue=${token}`);
      expect(answer.json()).toMatchObject({ code: 400, reason: 'BadRequest' });
    },
  );

  it('H6 the availability probe is answered while a long list goes out', async () => {
    const source = widgetSource();
    for (let index = 0; index < 100; index++) source.put(widget({ name: `w${index}`, note: 'x'.repeat(100_000) }));
    await using api = await TestApi.start({ source });
    await api.json(`${WIDGETS_PATH}?limit=1`);
    const finished: string[] = [];
    const list = api
      .send(WIDGETS_PATH)
      .then(({ bytes }) => finished.push(`list of ${Math.floor(bytes.length / 1e6)} MB`));
    const probe = api.send('/apis/example.dev/v1').then(() => finished.push('probe'));
    await Promise.all([list, probe]);
    expect(finished).toEqual(['probe', 'list of 10 MB']);
  });

  it('H7 what a proxy says about the way here changes nothing, and no answer speaks of origins', async () => {
    const source = widgetSource();
    source.put(widget());
    await using api = await TestApi.start({ source });
    const plain = await api.send(ONE);
    const headers = {
      origin: 'https://example.com',
      'x-forwarded-for': '10.0.0.1',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'http',
      'x-forwarded-uri': '/apis/example.dev/v1/namespaces/o/widgets/b',
    };
    const answer = await api.send(ONE, { headers });
    expect(answer.text).toBe(plain.text);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
  });

  it('W1 HEAD of a watch has its headers and no line, which would be read as the next answer', async () => {
    const source = widgetSource();
    source.put(widget());
    await using api = await TestApi.start({ source });
    const socket = connect(api.port, '127.0.0.1');
    socket.end(`HEAD ${WIDGETS_PATH}?watch=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    const answer = await text(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer.endsWith('\r\n\r\n')).toBe(true);
  });
});
