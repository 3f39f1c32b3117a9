import { describe, expect, it } from 'vitest';
import { KubeApi } from './api.ts';
import type { AttachmentDefinition, AttachmentRequest } from './attachment.ts';
import type { ResourceDefinition } from './resource.ts';
import { notFound } from './status.ts';
import { TestApi } from './testing/test-api.ts';
import { widgetDefinition, widgetSource } from './testing/widgets.ts';

const MANUAL = '/apis/example.dev/v1/namespaces/n/gadgets/a/manual';
const V2 = 'application/json;v=v2;g=apidiscovery.k8s.io;as=APIGroupDiscoveryList';

type Read = AttachmentDefinition['read'];

function manual(read: Read): AttachmentDefinition {
  const status = { type: 'object', properties: { pages: { type: 'integer', description: 'How many pages.' } } };
  return { name: 'manual', kind: 'GadgetManual', description: 'How a gadget works.', status, read };
}

function gadgets(read: Read): ResourceDefinition {
  const names = { plural: 'gadgets', singular: 'gadget', kind: 'Gadget', listKind: 'GadgetList', shortNames: [] };
  const attachments = [manual(read)];
  return { ...widgetDefinition(widgetSource()), ...names, attachments } as unknown as ResourceDefinition;
}

const FOUND = { metadata: { uid: 'u-1', resourceVersion: '42' }, status: { pages: 3 } };
const start = (read: Read = async () => FOUND) => TestApi.start({ more: [gadgets(read)] });

describe('an attachment', () => {
  it('is read by its path, with metadata of the object and a status', async () => {
    const requests: AttachmentRequest[] = [];
    await using api = await start(async (request) => {
      requests.push(request);
      return FOUND;
    });
    const answer = await api.send(MANUAL);
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({
      apiVersion: 'example.dev/v1',
      kind: 'GadgetManual',
      metadata: { name: 'a', namespace: 'n', uid: 'u-1', resourceVersion: '42' },
      status: { pages: 3 },
    });
    expect(requests).toEqual([{ user: expect.objectContaining({ name: 'u' }), namespace: 'n', name: 'a' }]);
  });

  it('of another moment than now is refused, not answered with the present', async () => {
    await using api = await start();
    const answer = await api.send(`${MANUAL}?asOf=2h`);
    expect([answer.status, answer.json().message]).toEqual([400, 'asOf: manual is answered as it is now']);
  });

  it('A9 takes the right get on the subresource by its name, not the one on the object', async () => {
    await using api = await start();
    api.allow = (_user, asked) => ('subresource' in asked ? { allowed: false } : { allowed: true });
    expect((await api.send(MANUAL)).status).toBe(403);
    expect(api.asked).toEqual([
      expect.objectContaining({ verb: 'get', resource: 'gadgets', subresource: 'manual', namespace: 'n', name: 'a' }),
    ]);
  });

  it('L3 is YAML for who prefers it, and 406 for who takes neither', async () => {
    await using api = await start();
    const yaml = await api.send(MANUAL, { headers: { accept: 'application/yaml' } });
    expect([yaml.headers['content-type'], yaml.text]).toEqual([
      'application/yaml',
      expect.stringContaining('kind: GadgetManual'),
    ]);
    expect((await api.send(MANUAL, { headers: { accept: 'application/vnd.kubernetes.protobuf' } })).status).toBe(406);
  });

  it('E3 is 404 when there is none, and 503 with Retry-After while nobody can say', async () => {
    await using none = await start(async () => {
      throw notFound({ group: 'example.dev', resource: 'gadgets/manual' }, 'a');
    });
    expect((await none.send(MANUAL)).json()).toMatchObject({ kind: 'Status', code: 404, details: { name: 'a' } });
    await using away = await start(async () => {
      throw Object.assign(new Error('host db does not answer'), { name: 'StoreUnavailable' });
    });
    const answer = await away.send(MANUAL);
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '1']);
    expect(answer.text).not.toContain('host db');
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('S7 is read only: %s is 405', async (method) => {
    await using api = await start();
    const answer = await api.send(MANUAL, { method, body: '{}', headers: { 'content-type': 'application/json' } });
    expect(answer.status).toBe(405);
    expect(answer.text).toContain('gadgets/manual can only be read');
  });

  it('D3 D6 is in discovery, with its own kind and the verb get', async () => {
    await using api = await start();
    const { resources } = await api.json<{ resources: { name: string }[] }>('/apis/example.dev/v1');
    expect(resources.find(({ name }) => name === 'gadgets/manual')).toEqual({
      ...{ name: 'gadgets/manual', singularName: '', namespaced: true, kind: 'GadgetManual', verbs: ['get'] },
    });
    expect((await api.send('/apis', { headers: { accept: V2 } })).text).toContain(
      '"subresources":[{"subresource":"manual","responseKind":{"group":"example.dev","version":"v1","kind":"GadgetManual"},"verbs":["get"]}]',
    );
  });

  it('O7 is in OpenAPI, with its description', async () => {
    await using api = await start();
    const document = await api.json<{ paths: Record<string, object>; components: { schemas: Record<string, object> } }>(
      '/openapi/v3/apis/example.dev/v1',
    );
    expect(document.paths['/apis/example.dev/v1/namespaces/{namespace}/gadgets/{name}/manual']).toMatchObject({
      get: { operationId: 'readNamespacedGadgetManual', description: 'How a gadget works.' },
    });
    expect(JSON.stringify(document.components.schemas['dev.example.v1.GadgetManual'])).toContain('How many pages.');
  });

  it('S3 that kube-apiserver would take for long-running, or that is named twice, is refused at the start', () => {
    const access = { authenticator: { authenticate: () => ({}) }, authorizer: { authorize: () => ({}) } };
    const begin = (...attachments: AttachmentDefinition[]) =>
      new KubeApi({
        resources: [{ ...gadgets(async () => FOUND), attachments }],
        version: { gitVersion: 'v1.34.1' },
        access: access as never,
      });
    expect(() => begin({ ...manual(async () => FOUND), name: 'log' })).toThrow('cannot be the name of a subresource');
    expect(() =>
      begin(
        manual(async () => FOUND),
        manual(async () => FOUND),
      ),
    ).toThrow('each once');
  });
});
