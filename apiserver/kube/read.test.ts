import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { encodeContinueToken } from './continue-token.ts';
import { TestApi, type TestObject } from './testing/test-api.ts';
import { WIDGETS_PATH, widget, widgetSource } from './testing/widgets.ts';

const ALL = WIDGETS_PATH;
const IN_N = '/apis/example.dev/v1/namespaces/n/widgets';

function names(list: TestObject): string[] {
  return list.items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
}

/** Widgets n/a, n/b, n/c and o/a, with numbers 1001 to 1004. */
async function stocked(options: Parameters<typeof TestApi.start>[0] = {}): Promise<TestApi> {
  const source = widgetSource();
  for (const name of ['c', 'a', 'b']) source.put(widget({ name, color: name === 'a' ? 'red' : 'blue' }));
  source.put(widget({ namespace: 'o', name: 'a', labels: { tier: 'web' } }));
  return TestApi.start({ source, ...options });
}

describe('list and get', () => {
  it('L1 serves all namespaces, one namespace and one object, with a trailing slash too', async () => {
    await using api = await stocked();
    expect(names(await api.json(ALL))).toEqual(['n/a', 'n/b', 'n/c', 'o/a']);
    expect(names(await api.json(`${IN_N}/?unknown=1`))).toEqual(['n/a', 'n/b', 'n/c']);
    expect((await api.json(`${IN_N}/b`)).metadata.name).toBe('b');
    expect(names(await api.json('/apis/example.dev/v1/namespaces/nobody/widgets'))).toEqual([]);
  });

  it.each([`${ALL}/a`, `${IN_N}/a/status`, '/apis/example.dev/v1/gadgets', '/apis/example.dev/v1/watch/widgets'])(
    'L1 E3 %s is no path of ours',
    async (path) => {
      await using api = await stocked();
      const answer = await api.send(path);
      expect(answer.status).toBe(404);
      expect(answer.json()).toMatchObject({ message: 'the server could not find the requested resource' });
    },
  );

  it.each([
    ['', 200],
    ['application/json', 200],
    ['*/*', 200],
    ['application/*;q=0.1', 200],
    ['application/vnd.kubernetes.protobuf,application/json', 200],
    ['application/cbor;q=1,application/json;q=0.9', 200],
    ['text/html,*/*;q=0.8', 200],
    ['application/vnd.kubernetes.protobuf', 406],
    ['application/json;q=0', 200], // the least wanted is better than nothing, as everywhere in Kubernetes
    ['*', 200],
    [',', 406],
    ['json', 406],
    ['application/json;as=Foo', 406],
    ['application/json;stream=watch', 200],
    ['application/json;sv=v2', 406],
    ['text/html', 406],
  ])('L2 Accept %j is answered %i', async (accept, status) => {
    await using api = await stocked();
    const answer = await api.send(ALL, { headers: { accept } });
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toBe('application/json');
    if (status === 406) expect(answer.json()).toMatchObject({ kind: 'Status', reason: 'NotAcceptable', code: 406 });
  });

  it('L4 objects carry apiVersion, kind and their metadata, in lists too, equal each time', async () => {
    await using api = await stocked();
    const list = await api.json(ALL);
    for (const item of list.items) expect(item).toMatchObject({ apiVersion: 'example.dev/v1', kind: 'Widget' });
    const object = await api.json(`${IN_N}/a`);
    expect(object).toEqual({ ...widget({ name: 'a' }), metadata: { ...widget().metadata, resourceVersion: '1002' } });
    expect(list.items[0]).toEqual(object);
  });

  it('L7 V2 an empty list has an empty array and the current number, not 0', async () => {
    await using api = await TestApi.start();
    const list = await api.json(ALL);
    expect(list).toEqual({
      kind: 'WidgetList',
      apiVersion: 'example.dev/v1',
      metadata: { resourceVersion: '1000' },
      items: [],
    });
  });

  it('V1 every number is a decimal above zero, of lists, of objects and of tables, and grows with each change', async () => {
    await using api = await stocked();
    const before = await api.json(ALL);
    api.source.put(widget({ name: 'd' }));
    const after = await api.json(ALL);
    const table = await api.json(ALL, 'application/json;as=Table;v=v1;g=meta.k8s.io');
    const numbers = [before, after, table, ...after.items].map(({ metadata }) => metadata.resourceVersion);
    for (const number of numbers) expect(number).toMatch(/^[1-9]\d*$/);
    expect(Number(after.metadata.resourceVersion)).toBeGreaterThan(Number(before.metadata.resourceVersion));
    expect(Number(after.metadata.resourceVersion)).toBe(
      Math.max(...after.items.map((item) => Number(item.metadata.resourceVersion))),
    );
  });

  it('L8 pages follow each other by key; what remains is said when nothing is selected', async () => {
    await using api = await stocked();
    const first = await api.json(`${ALL}?limit=3`);
    expect(names(first)).toEqual(['n/a', 'n/b', 'n/c']);
    expect(first.metadata).toMatchObject({ remainingItemCount: 1 });
    const last = await api.json(`${ALL}?limit=3&continue=${first.metadata.continue}`);
    expect(names(last)).toEqual(['o/a']);
    expect(last.metadata).toEqual({ resourceVersion: first.metadata.resourceVersion });
    const selected = await api.json(`${IN_N}?limit=1&fieldSelector=spec.color%3Dblue`);
    expect(names(selected)).toEqual(['n/b']);
    expect(selected.metadata).not.toHaveProperty('remainingItemCount');
    expect(selected.metadata.continue).toMatch(/^[\w-]+$/);
  });

  it('L9 later pages report the first number and show the same state while the window reaches back', async () => {
    await using api = await stocked();
    const first = await api.json(`${ALL}?limit=2`);
    api.source.remove('n', 'c');
    api.source.put(widget({ namespace: 'o', name: 'z' }));
    const next = await api.json(`${ALL}?limit=2&continue=${first.metadata.continue}`);
    expect(names(next)).toEqual(['n/c', 'o/a']);
    expect(next.metadata).toEqual({ resourceVersion: first.metadata.resourceVersion });
  });

  it('L9 beyond the window a page shows the present under the first number, and a watch from there converges', async () => {
    await using api = await stocked({ api: { cache: { window: { events: 1, bytes: 1_000_000 } } } });
    const first = await api.json(`${ALL}?limit=2`);
    api.source.remove('n', 'c');
    api.source.put(widget({ namespace: 'o', name: 'z' }));
    await api.json(ALL);
    const next = await api.json(`${ALL}?limit=5&continue=${first.metadata.continue}`);
    expect(names(next)).toEqual(['o/a', 'o/z']);
    using watch = await api.watch(`${ALL}?watch=true&resourceVersion=${next.metadata.resourceVersion}`);
    const events = await watch.take(2);
    expect(events.map(({ type, object }) => `${type} ${object.metadata.name}`)).toEqual(['DELETED c', 'ADDED z']);
  });

  it.each(['!!', 'e30', Buffer.from('{"v":"meta.k8s.io/v1","rv":0,"start":"n/a\\u0000"}').toString('base64url')])(
    'L10 the token %j is a bad request',
    async (token) => {
      await using api = await stocked();
      const answer = await api.send(`${ALL}?continue=${encodeURIComponent(token)}`);
      expect(answer.status).toBe(400);
      expect(answer.json()).toMatchObject({
        reason: 'BadRequest',
        message: expect.stringContaining('invalid continue token'),
      });
    },
  );

  it('L10 a token older than the history is 410 Expired, and with a resourceVersion it is 400', async () => {
    await using api = await stocked();
    const first = await api.json(`${ALL}?limit=1`);
    api.source.put(widget({ name: 'd' }));
    api.source.trim();
    await api.json(ALL);
    const token = first.metadata.continue;
    expect((await api.send(`${ALL}?continue=${token}`)).json()).toMatchObject({ code: 410, reason: 'Expired' });
    expect((await api.send(`${ALL}?continue=${token}&resourceVersion=1004`)).status).toBe(400);
  });

  it('L11 the empty resourceVersion shows what was committed before the request', async () => {
    await using api = await stocked();
    await api.json(ALL);
    api.source.hold(true);
    api.source.put(widget({ name: 'd' }));
    expect(names(await api.json(`${ALL}?resourceVersion=0`))).not.toContain('n/d');
    expect(names(await api.json(ALL))).toContain('n/d');
  });

  it('L11 a number means not older, with a limit or match=Exact exactly that state', async () => {
    await using api = await stocked();
    await api.json(ALL);
    api.source.remove('n', 'a');
    await api.json(ALL);
    expect(names(await api.json(`${ALL}?resourceVersion=1004`))).toEqual(['n/b', 'n/c', 'o/a']);
    expect(names(await api.json(`${ALL}?resourceVersion=1004&resourceVersionMatch=NotOlderThan&limit=9`))).toHaveLength(
      3,
    );
    for (const query of ['resourceVersion=1004&limit=9', 'resourceVersion=1004&resourceVersionMatch=Exact']) {
      const list = await api.json(`${ALL}?${query}`);
      expect(names(list)).toEqual(['n/a', 'n/b', 'n/c', 'o/a']);
      expect(list.metadata.resourceVersion).toBe('1004');
    }
  });

  it.each([
    ['resourceVersionMatch=Exact', 'resourceVersionMatch is forbidden unless resourceVersion is provided'],
    ['resourceVersion=0&resourceVersionMatch=Exact', 'forbidden for resourceVersion "0"'],
    ['resourceVersion=5&resourceVersionMatch=Near', 'supported values'],
    ['resourceVersion=0&resourceVersionMatch=NotOlderThan&continue=x', 'forbidden when continue is provided'],
    ['sendInitialEvents=true', 'sendInitialEvents is forbidden for list'],
  ])('L11 %s is 422 of ListOptions', async (query, message) => {
    await using api = await stocked();
    const answer = await api.send(`${ALL}?${query}`);
    expect(answer.status).toBe(422);
    const { details, ...status } = answer.json();
    expect(status).toMatchObject({ reason: 'Invalid', message: expect.stringContaining(message) });
    expect(details).toMatchObject({ group: 'meta.k8s.io', kind: 'ListOptions' });
  });

  it('L12 a number that this replica has not reached is waited for, then 504 with its cause', async () => {
    await using api = await stocked({ api: { cache: { waitLimit: 30 } } });
    await api.json(ALL);
    const late = await api.send(`${ALL}?resourceVersion=9999`);
    expect(late.status).toBe(504);
    expect(late.json()).toMatchObject({
      reason: 'Timeout',
      message: expect.stringContaining('Too large resource version'),
      details: { retryAfterSeconds: 1, causes: [{ reason: 'ResourceVersionTooLarge' }] },
    });
    const waiting = api.json(`${ALL}?resourceVersion=1005`);
    api.source.put(widget({ name: 'd' }));
    expect(names(await waiting)).toContain('n/d');
  });

  it('L12 an exact number that cannot be reconstructed is 410 Expired', async () => {
    await using api = await stocked();
    const answer = await api.send(`${ALL}?resourceVersion=1001&resourceVersionMatch=Exact`);
    expect(answer.json()).toMatchObject({ code: 410, reason: 'Expired' });
  });

  it.each([
    'resourceVersion=abc',
    'resourceVersion=-1',
    'resourceVersion=1.5',
    'limit=x',
    'limit=',
    'timeoutSeconds=1s',
  ])('L13 L14 %s is a bad request, never read as 0', async (query) => {
    await using api = await stocked();
    expect((await api.send(`${ALL}?${query}`)).status).toBe(400);
  });

  it('L13 V1 the numbers of a real database, with 16 digits, are numbers of lists, objects and watches alike', async () => {
    const source = widgetSource(1_790_000_000_000_000);
    const { metadata } = source.put(widget());
    await using api = await TestApi.start({ source });
    const query = `resourceVersion=${metadata.resourceVersion}`;
    expect((await api.json(`${IN_N}/a?${query}`)).metadata.resourceVersion).toBe('1790000000000001');
    expect((await api.json(`${ALL}?${query}`)).metadata.resourceVersion).toBe('1790000000000001');
    using watch = await api.watch(`${ALL}?watch=true&${query}`);
    source.put(widget());
    expect((await watch.take(1))[0]?.object.metadata.resourceVersion).toBe('1790000000000002');
    expect((await api.send(`${IN_N}/a?resourceVersion=abc`)).status).toBe(400);
  });

  it('L14 watch=false and watch=0 are lists', async () => {
    await using api = await stocked();
    for (const query of ['watch=false', 'watch=0', 'watch=FALSE']) {
      expect((await api.json(`${ALL}?${query}`)).kind).toBe('WidgetList');
    }
  });

  it('L15 people get indented JSON with the same content, programs do not', async () => {
    await using api = await stocked();
    const plain = await api.send(ALL);
    expect(plain.text).not.toContain('\n ');
    const pretty = await Promise.all([
      api.send(`${ALL}?pretty=true`),
      api.send(ALL, { headers: { 'user-agent': 'curl/8.0' } }),
      api.send(ALL, { headers: { 'user-agent': 'Mozilla/5.0 (X11)' } }),
    ]);
    for (const { text } of pretty) expect(text).toBe(`${JSON.stringify(plain.json(), null, 2)}\n`);
    const refused = await api.send(`${ALL}?pretty=false`, { headers: { 'user-agent': 'curl/8.0' } });
    expect(refused.text).toBe(plain.text);
  });

  it('L17 answers are not stored by caches, not sniffed, and carry the Audit-Id', async () => {
    await using api = await stocked();
    const { headers } = await api.send(ALL, { headers: { 'audit-id': '11-22' } });
    expect(headers).toMatchObject({
      'cache-control': 'no-cache, private',
      'x-content-type-options': 'nosniff',
      'audit-id': '11-22',
    });
  });

  it('E3 E4 an unknown object is 404 with its name, also when an old answer would do, but not before it is known', async () => {
    await using api = await stocked();
    for (const query of ['', '?resourceVersion=0']) {
      const answer = await api.send(`${IN_N}/nope${query}`);
      expect(answer.json()).toMatchObject({
        code: 404,
        reason: 'NotFound',
        message: 'widgets.example.dev "nope" not found',
        details: { name: 'nope', group: 'example.dev', kind: 'widgets' },
      });
    }
    api.source.fail(new Error('database away'));
    expect((await api.send(`${IN_N}/nope?resourceVersion=0`)).status).toBe(503);
    expect((await api.send(`${IN_N}/a?resourceVersion=0`)).status).toBe(200);
  });

  it('E4 E5 X3 before the first snapshot reads are 503 with Retry-After', async () => {
    await using api = await stocked({ follow: false, api: { cache: { waitLimit: 30 } } });
    for (const path of [ALL, `${ALL}?resourceVersion=0`, `${IN_N}/a`, `${ALL}?watch=true&resourceVersion=0`]) {
      const answer = await api.send(path);
      expect(answer.status).toBe(503);
      expect(answer.headers['retry-after']).toBe('1');
      expect(answer.json()).toMatchObject({ reason: 'ServiceUnavailable', details: { retryAfterSeconds: 1 } });
    }
  });

  it('E5 with the source away consistent reads are 503 and the rest is answered from memory', async () => {
    await using api = await stocked();
    const { metadata } = await api.json(ALL);
    api.source.fail(new Error('database away'));
    const refused = await api.send(ALL);
    expect(refused.status).toBe(503);
    expect(refused.text).not.toContain('database away');
    for (const query of [
      'resourceVersion=0',
      `resourceVersion=${metadata.resourceVersion}&resourceVersionMatch=NotOlderThan`,
    ]) {
      expect(names(await api.json(`${ALL}?${query}`))).toHaveLength(4);
    }
  });

  it('F5 an object is not selected further, but a selector for another name is a contradiction', async () => {
    await using api = await stocked();
    expect((await api.send(`${IN_N}/a?labelSelector=x%3Dy`)).status).toBe(200);
    expect((await api.send(`${IN_N}/a?fieldSelector=metadata.name%3Db`)).status).toBe(400);
  });

  it('F2 F4 fields select by name, by namespace and by what the resource declares', async () => {
    await using api = await stocked();
    const select = async (selector: string) =>
      names(await api.json(`${ALL}?fieldSelector=${encodeURIComponent(selector)}`));
    expect(await select('metadata.name=a')).toEqual(['n/a', 'o/a']);
    expect(await select('metadata.name==a,metadata.namespace!=o')).toEqual(['n/a']);
    expect(await select('spec.color=blue')).toEqual(['n/b', 'n/c']);
    expect(names(await api.json(`${IN_N}?fieldSelector=metadata.name%3Db`))).toEqual(['n/b']);
    expect(names(await api.json(`${IN_N}?fieldSelector=metadata.name%3Db,spec.color%3Dred`))).toEqual([]);
  });

  it('F3 an unknown field is a bad request that lists the known ones', async () => {
    await using api = await stocked();
    const answer = await api.send(`${ALL}?fieldSelector=spec.size%3D3`);
    expect(answer.status).toBe(400);
    expect(answer.json().message).toBe(
      '"spec.size" is not a known field selector: only "metadata.name", "metadata.namespace", "spec.color"',
    );
  });

  it('F6 labels select', async () => {
    await using api = await stocked();
    expect(names(await api.json(`${ALL}?labelSelector=tier%20in%20(web,db)`))).toEqual(['o/a']);
    expect(names(await api.json(`${ALL}?labelSelector=!tier`))).toEqual(['n/a', 'n/b', 'n/c']);
    expect((await api.send(`${ALL}?labelSelector=${encodeURIComponent('a==(')}`)).json().message).toContain(
      'unable to parse requirement',
    );
  });

  it('V6 a page token of a database that was replaced by a later one is expired', async () => {
    await using api = await stocked({ api: { cache: { identityInterval: 0 } } });
    const first = await api.json(`${ALL}?limit=1`);
    api.source.restore([widget({ name: 'x' })], 5_000);
    expect(names(await api.json(ALL))).toEqual(['n/x']);
    const resourceVersion = Number(first.metadata.resourceVersion);
    const token = encodeContinueToken({ resourceVersion, namespace: 'n', name: 'a' }, '');
    expect((await api.send(`${ALL}?continue=${token}`)).status).toBe(410);
  });
});

describe('large lists', () => {
  it('L16 L18 above 128 KiB a list is streamed, and compressed for who takes gzip', async () => {
    const source = widgetSource();
    for (let index = 0; index < 300; index++) source.put(widget({ name: `w${index}`, note: 'x'.repeat(1_000) }));
    await using api = await TestApi.start({ source });
    const plain = await api.send(ALL);
    expect(plain.headers).toMatchObject({ 'transfer-encoding': 'chunked', vary: 'Accept-Encoding' });
    expect(plain.json().items).toHaveLength(300);
    const { headers, bytes } = await api.send(ALL, { headers: { 'accept-encoding': 'gzip' } });
    expect(headers['content-encoding']).toBe('gzip');
    expect(bytes.length).toBeLessThan(plain.bytes.length / 10);
    const { gunzipSync } = await import('node:zlib');
    expect(gunzipSync(bytes)).toEqual(plain.bytes);
    const again = await Promise.all([1, 2, 3].map(() => api.send(ALL, { headers: { 'accept-encoding': 'gzip' } })));
    for (const one of again) expect(gunzipSync(one.bytes)).toEqual(plain.bytes);
    const small = await api.send(`${ALL}?limit=10`, { headers: { 'accept-encoding': 'gzip' } });
    expect(small.headers['content-encoding']).toBeUndefined();
    expect(small.headers['content-length']).toBe(String(small.bytes.length));
  });

  it('L16 compresses for a client that takes gzip, and not for the aggregator that expands it on the way', async () => {
    const source = widgetSource();
    for (let index = 0; index < 300; index++) source.put(widget({ name: `w${index}`, note: 'x'.repeat(1_000) }));
    await using api = await TestApi.start({ source });
    const proxied = ['X-Forwarded-For', '10.0.0.1', 'X-Forwarded-Uri', ALL];
    const encoding = async (...lines: string[]) => {
      const headers = ['Host', 'faultline', 'Connection', 'close', ...lines];
      const request = httpRequest({ host: '127.0.0.1', port: api.port, path: ALL, headers, agent: false }).end();
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      response.resume();
      return response.headers['content-encoding'];
    };
    // Go's order: the client's own at its place, the transport's own behind everything.
    expect(await encoding('Accept', '*/*', ...proxied, 'Accept-Encoding', 'gzip')).toBeUndefined();
    expect(await encoding('Accept', '*/*', 'Accept-Encoding', 'gzip', ...proxied)).toBe('gzip');
    expect(await encoding('Accept', '*/*', ...proxied, 'Accept-Encoding', 'gzip, deflate')).toBe('gzip');
    // Straight here, a Go client's transport asks in its client's name.
    expect(await encoding('Accept', '*/*', 'Accept-Encoding', 'gzip')).toBe('gzip');
  });

  it('L16 L18 a list of many megabytes goes out as it is, complete, from a few buffers', async () => {
    const source = widgetSource();
    for (let index = 0; index < 60; index++)
      source.put(widget({ name: `w${index}`, note: String(index % 10).repeat(100_000) }));
    await using api = await TestApi.start({ source });
    const answer = await api.send(ALL, { headers: { 'accept-encoding': 'gzip' } });
    expect(answer.headers['content-encoding']).toBeUndefined();
    expect(answer.bytes.length).toBeGreaterThan(6_000_000);
    const notes = (answer.json() as { items: { metadata: { name: string }; spec: { note: string } }[] }).items.map(
      ({ metadata, spec }) => [metadata.name, spec.note],
    );
    expect(new Map(notes as [string, string][]).get('w37')).toBe('7'.repeat(100_000));
    expect(notes).toHaveLength(60);
  });

  it('L18 too many long lists are 429 with Retry-After, while pages, short lists and others that fit go on', async () => {
    await using api = await TestApi.start({ api: { maxLongLists: 1 } });
    for (let index = 0; index < 6; index++) {
      api.source.put(widget({ namespace: 'big', name: `w${index}`, note: 'x'.repeat(1_000_000) }));
    }
    const slow = await api.watch(ALL); // a client that has not read its list yet
    const answer = await api.send(ALL);
    expect(answer.status).toBe(429);
    expect(answer.headers['retry-after']).toBe('1');
    for (const short of [`${ALL}?limit=2`, '/apis/example.dev/v1/namespaces/n/widgets']) {
      expect((await api.send(short)).status).toBe(200);
    }
    slow[Symbol.dispose]();
    await expect.poll(async () => (await api.send(ALL)).status).toBe(200);
  });
});
