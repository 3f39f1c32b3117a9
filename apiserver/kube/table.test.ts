import { describe, expect, it } from 'vitest';
import { TestApi } from './testing/test-api.ts';
import { CREATED, WIDGETS_PATH, widget, widgetSource } from './testing/widgets.ts';

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';
const KUBECTL = `${TABLE},application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json`;
const PARTIAL = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
const PARTIAL_LIST = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
const ONE = '/apis/example.dev/v1/namespaces/n/widgets/a';
const DAY_AND_A_HALF = Date.parse(CREATED) + 36 * 3_600_000;

async function stocked(): Promise<TestApi> {
  const source = widgetSource();
  source.put(widget({ name: 'a', labels: { x: 'ä "quoted"' }, color: 'röt', note: 'a "note"' }));
  source.put(widget({ name: 'b', annotations: { y: 'z' } }));
  return TestApi.start({ source, api: { now: () => DAY_AND_A_HALF } });
}

describe('Table', () => {
  it.each([
    [KUBECTL, 'v1'],
    [TABLE, 'v1'],
    ['application/json;as=Table;v=v1beta1;g=meta.k8s.io', 'v1beta1'],
    ['application/json;as=Table;v=v2;g=meta.k8s.io,application/json;as=Table;v=v1;g=meta.k8s.io', 'v1'],
  ])('T1 T2 Accept %s gives a Table of meta.k8s.io/%s with the number of the list', async (accept, version) => {
    await using api = await stocked();
    const answer = await api.send(WIDGETS_PATH, { headers: { accept } });
    expect(answer.headers['content-type']).toBe('application/json');
    const table = answer.json();
    expect(table).toMatchObject({ kind: 'Table', apiVersion: `meta.k8s.io/${version}` });
    expect(table.metadata.resourceVersion).toBe('1002');
    expect(table.rows).toHaveLength(2);
  });

  it('T1 T2 one object is a table of one row with the number of the object', async () => {
    await using api = await stocked();
    const table = await api.json(ONE, TABLE);
    expect(table).toMatchObject({ kind: 'Table', metadata: { resourceVersion: '1001' } });
    expect(table.rows.map(({ cells }) => cells[0])).toEqual(['a']);
    expect(table.columnDefinitions).toHaveLength(5);
  });

  it('T2 L8 a table has continue and what remains', async () => {
    await using api = await stocked();
    const { metadata } = await api.json(`${WIDGETS_PATH}?limit=1`, TABLE);
    expect(metadata).toMatchObject({ remainingItemCount: 1, continue: expect.any(String) });
    const rest = await api.json(`${WIDGETS_PATH}?limit=1&continue=${metadata.continue}`, TABLE);
    expect(rest.rows.map(({ cells }) => cells[0])).toEqual(['b']);
  });

  it('T3 rows carry the metadata, the object, or nothing', async () => {
    await using api = await stocked();
    const object = await api.json(ONE);
    const partial = { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
    for (const query of ['', '?includeObject=Metadata', '?includeObject=']) {
      expect((await api.json(`${WIDGETS_PATH}${query}`, TABLE)).rows[0]?.object).toEqual(partial);
    }
    expect((await api.json(`${WIDGETS_PATH}?includeObject=Object`, TABLE)).rows[0]?.object).toEqual(object);
    expect((await api.json(`${WIDGETS_PATH}?includeObject=None`, TABLE)).rows[0]?.object).toBeNull();
    const refused = await api.send(`${WIDGETS_PATH}?includeObject=x`, { headers: { accept: TABLE } });
    expect(refused.json()).toMatchObject({ code: 400, reason: 'BadRequest' });
  });

  it('T4 the name comes first, wide columns have priority 1, and cells are scalars with ages as of now', async () => {
    await using api = await stocked();
    const { columnDefinitions, rows } = await api.json(WIDGETS_PATH, TABLE);
    expect(columnDefinitions?.[0]).toMatchObject({ name: 'Name', type: 'string', format: 'name', priority: 0 });
    expect(columnDefinitions?.map(({ priority }) => priority)).toEqual([0, 0, 0, 1, 1]);
    expect(rows.map(({ cells }) => cells)).toEqual([
      ['a', 'röt', '36h', 3, 'a "note"'],
      ['b', 'red', '36h', 3, null],
    ]);
  });

  it('T6 metadata only, of one object and of a list, whose metadata stays', async () => {
    await using api = await stocked();
    const object = await api.json(ONE);
    const partial = { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
    expect(await api.json(ONE, PARTIAL)).toEqual(partial);
    const accept = `application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,${PARTIAL_LIST}`;
    const list = await api.json(`${WIDGETS_PATH}?limit=1`, accept);
    expect(list).toMatchObject({ kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' });
    expect(list.metadata).toMatchObject({ resourceVersion: '1002', remainingItemCount: 1 });
    expect(list.items).toEqual([partial]);
  });

  it.each([
    ['application/json;as=Foo;v=v1;g=meta.k8s.io', WIDGETS_PATH, 406],
    ['application/json;as=Foo;v=v1;g=meta.k8s.io,application/json', WIDGETS_PATH, 200],
    ['application/json;as=Table;v=v1;g=other.io', WIDGETS_PATH, 406],
    [PARTIAL, WIDGETS_PATH, 406],
    [PARTIAL_LIST, ONE, 406],
  ])('T8 a transformation that is not ours is skipped: %s on %s is %i', async (accept, path, status) => {
    await using api = await stocked();
    expect((await api.send(path, { headers: { accept } })).status).toBe(status);
  });

  it('T8 errors are never transformed', async () => {
    await using api = await stocked();
    const missing = await api.send(`${ONE}x`, { headers: { accept: TABLE } });
    expect(missing.json()).toMatchObject({ kind: 'Status', apiVersion: 'v1', code: 404 });
  });
});
