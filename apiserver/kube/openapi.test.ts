import { describe, expect, it } from 'vitest';
import { openApiSchema } from './openapi-schema.ts';
import { TestApi } from './testing/test-api.ts';

const PATH = '/openapi/v3/apis/example.dev/v1';

interface Document {
  openapi: string;
  paths: Record<string, Record<string, Record<string, unknown>>>;
  components: { schemas: Record<string, Record<string, unknown>> };
}

describe('OpenAPI', () => {
  it('O1 O2 the v3 root lists our own group and version, nobody else’s, even before anything is loaded', async () => {
    await using api = await TestApi.start({ follow: false });
    const { paths } = await api.json<{ paths: Record<string, { serverRelativeURL: string }> }>('/openapi/v3');
    expect(Object.keys(paths)).toEqual(['apis/example.dev/v1']);
    expect(paths['apis/example.dev/v1']?.serverRelativeURL).toMatch(
      /^\/openapi\/v3\/apis\/example\.dev\/v1\?hash=[0-9A-F]+$/,
    );
  });

  it('O3 the document is served for any hash, without a redirect', async () => {
    await using api = await TestApi.start();
    for (const query of ['', '?hash=x']) {
      const answer = await api.send(`${PATH}${query}`);
      expect(answer.status).toBe(200);
      expect(answer.headers['content-type']).toBe('application/json');
      expect(answer.headers['cache-control']).not.toContain('immutable');
      expect(answer.json<Document>().openapi).toBe('3.0.0');
    }
  });

  it('O4 the right hash is cacheable for ever, and the ETag is honoured', async () => {
    await using api = await TestApi.start();
    const { paths } = await api.json<{ paths: Record<string, { serverRelativeURL: string }> }>('/openapi/v3');
    const answer = await api.send(paths['apis/example.dev/v1']?.serverRelativeURL as string);
    expect(answer.headers).toMatchObject({ 'cache-control': 'public, immutable', vary: 'Accept' });
    expect(Date.parse(answer.headers.expires as string)).toBeGreaterThan(Date.now() + 300 * 86_400_000);
    const again = await api.send(PATH, { headers: { 'if-none-match': answer.headers.etag as string } });
    expect(again).toMatchObject({ status: 304, text: '' });
  });

  it('O5 who accepts protobuf alone gets 406', async () => {
    await using api = await TestApi.start();
    const accept = 'application/com.github.proto-openapi.spec.v3@v1.0+protobuf';
    expect((await api.send(PATH, { headers: { accept } })).status).toBe(406);
  });

  it('O6 kubectl explain finds path and schema by group, version and kind', async () => {
    await using api = await TestApi.start();
    const { paths, components } = await api.json<Document>(PATH);
    const gvk = { group: 'example.dev', version: 'v1', kind: 'Widget' };
    for (const path of ['widgets', 'widgets/{name}']) {
      const { get } = paths[`/apis/example.dev/v1/namespaces/{namespace}/${path}`] ?? {};
      expect(get?.['x-kubernetes-group-version-kind']).toEqual(gvk);
    }
    expect(components.schemas['dev.example.v1.Widget']?.['x-kubernetes-group-version-kind']).toEqual([gvk]);
  });

  it('O7 every reference resolves, and list, meta types and actions are described', async () => {
    await using api = await TestApi.start();
    const document = await api.json<Document>(PATH);
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1] as string);
    expect(references.length).toBeGreaterThan(0);
    for (const reference of references) {
      expect(document.components.schemas).toHaveProperty([reference.replace('#/components/schemas/', '')]);
    }
    expect(document.components.schemas).toHaveProperty(['dev.example.v1.WidgetList']);
    expect(document.components.schemas).toHaveProperty(['io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta']);
    const actions = Object.values(document.paths).map((path) => path.get?.['x-kubernetes-action']);
    expect(actions.toSorted()).toEqual(['get', 'list', 'list']);
  });

  it('O8 O9 O10 O11 v2 is a stub without paths and with a stable ETag', async () => {
    await using api = await TestApi.start();
    const answer = await api.send('/openapi/v2', { headers: { accept: 'application/json' } });
    const info = { title: 'Aggregated API', version: 'v1.34.1+test' };
    expect(answer.json()).toEqual({ swagger: '2.0', info, paths: {} });
    const headers = { accept: 'application/json', 'if-none-match': answer.headers.etag as string };
    expect(await api.send('/openapi/v2', { headers })).toMatchObject({ status: 304, text: '' });
  });

  it('F4 the schema says which fields a selector may name, as that of a custom resource does', async () => {
    await using api = await TestApi.start();
    const { schemas } = (await api.json<Document>(PATH)).components;
    expect(schemas['dev.example.v1.Widget']?.['x-kubernetes-selectable-fields']).toEqual([{ fieldPath: 'spec.color' }]);
    expect(schemas['dev.example.v1.WidgetList']).not.toHaveProperty('x-kubernetes-selectable-fields');
  });

  it('O8 every document is called as the author says, however long that is', async () => {
    const title = 'Shipments of the harbour. '.repeat(12);
    await using api = await TestApi.start({ api: { title } });
    const v3 = await api.json<{ info: object }>(PATH);
    const v2 = await api.json<{ info: object }>('/openapi/v2', 'application/json');
    expect([v3.info, v2.info]).toEqual([v2.info, { title, version: 'v1.34.1+test' }]);
    const accept = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
    const { bytes } = await api.send('/openapi/v2', { headers: { accept } });
    // info is field 2: title (312 bytes, length 0xb8 0x02) and version (12), with their heads 315 + 14 = 329 bytes.
    expect(bytes.subarray(5, 11)).toEqual(Buffer.from([0x12, 0xc9, 0x02, 0x0a, 0xb8, 0x02]));
  });

  it('O8 kubectl without an aggregator asks for v2 as protobuf, whose Content-Type it can parse', async () => {
    await using api = await TestApi.start();
    const accept = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
    const { headers, bytes } = await api.send('/openapi/v2', { headers: { accept } });
    expect(headers['content-type']).toBe('application/com.github.proto-openapi.spec.v2.v1.0+protobuf');
    // Field 1 (swagger), 2 (info) and 8 (paths, empty) of gnostic's Document.
    expect(bytes.subarray(0, 5)).toEqual(Buffer.from([0x0a, 3, 0x32, 0x2e, 0x30]));
    expect(bytes.subarray(-2)).toEqual(Buffer.from([0x42, 0]));
  });
});

describe('openApiSchema', () => {
  it('O7 says in OpenAPI 3.0 what JSON Schema says, and keeps descriptions at every depth', () => {
    const schema = {
      type: 'object',
      properties: {
        size: { type: ['integer', 'null'], description: 'Its size.' },
        only: { const: 'x' },
        list: { type: 'array', items: { anyOf: [{ type: 'string' }, { type: ['string', 'number'] }] } },
        map: { type: 'object', patternProperties: { '.*': { type: 'string', description: 'A value.' } } },
        open: { type: 'object', additionalProperties: { const: 1 } },
        closed: { type: 'object', additionalProperties: false, examples: [{}] },
      },
      required: ['size'],
    };
    expect(openApiSchema(schema)).toEqual({
      type: 'object',
      properties: {
        size: { type: 'integer', nullable: true, description: 'Its size.' },
        only: { enum: ['x'] },
        list: { type: 'array', items: { anyOf: [{ type: 'string' }, {}] } },
        map: { type: 'object', additionalProperties: { type: 'string', description: 'A value.' } },
        open: { type: 'object', additionalProperties: { enum: [1] } },
        closed: { type: 'object', additionalProperties: false, example: {} },
      },
      required: ['size'],
    });
  });
});
