import type { OpenApiDocument } from '../../openapi.ts';
import type { Defect, Draft } from '../defect.ts';
import { all, answering, asking, at, GROUP_VERSION, head, json } from '../defect.ts';
import type { Exchange } from '../exchange.ts';

const DOCUMENT = `/openapi/v3${GROUP_VERSION}`;
const V2 = '/openapi/v2';
const asksProtobuf = ({ request }: Exchange): boolean => request.headers.accept?.includes('protobuf') ?? false;

function document(what: string, path: string, change: (body: Draft<OpenApiDocument>) => void): Defect {
  return json(
    what,
    (exchange) => exchange.path === path && !asksProtobuf(exchange),
    (body) => change(body as unknown as Draft<OpenApiDocument>),
  );
}

export const openapi: Readonly<Record<string, readonly Defect[]>> = {
  O1: [
    json('it lists a key of somebody else', at('/openapi/v3'), (body) => {
      body.paths = { ...(body.paths as object), 'api/v1': { serverRelativeURL: '/openapi/v3/api/v1?hash=x' } };
    }),
    json('the URL has no hash', at('/openapi/v3'), (body) => {
      body.paths = { 'apis/example.dev/v1': { serverRelativeURL: '/openapi/v3/apis/example.dev/v1' } };
    }),
  ],
  O3: [
    answering(
      'an old hash is redirected',
      all(at(DOCUMENT), ({ query }) => query.get('hash') === '0123456789'),
      301,
      '',
      {
        Location: `${DOCUMENT}?hash=1`,
      },
    ),
    document('it is no OpenAPI 3', DOCUMENT, (body) => {
      body.openapi = '2.0';
    }),
  ],
  O4: [
    head('it may not be kept', at(DOCUMENT), ({ response }) => response.setHeader('Cache-Control', 'no-cache')),
    asking('If-None-Match is ignored', at(DOCUMENT), ({ request }) => {
      delete request.headers['if-none-match'];
    }),
  ],
  O5: [
    asking('JSON is answered instead of protobuf', all(at(DOCUMENT), asksProtobuf), ({ request }) => {
      request.headers.accept = 'application/json';
    }),
  ],
  O6: [
    document('operations carry no kind', DOCUMENT, ({ paths = {} }) => {
      for (const path of Object.values(paths)) delete path?.get?.['x-kubernetes-group-version-kind'];
    }),
    document('the schema carries its kind, but not in a list', DOCUMENT, ({ components }) => {
      for (const schema of Object.values(components?.schemas ?? {})) {
        const kinds = schema['x-kubernetes-group-version-kind'];
        if (Array.isArray(kinds)) schema['x-kubernetes-group-version-kind'] = kinds[0];
      }
    }),
    document('a reference leads nowhere', DOCUMENT, ({ components }) => {
      const [first] = Object.values(components?.schemas ?? {});
      if (first) first.properties = { ...first.properties, lost: { $ref: '#/components/schemas/Lost' } };
    }),
  ],
  O7: [
    document('schemas describe nothing', DOCUMENT, ({ components }) => {
      for (const schema of Object.values(components?.schemas ?? {})) delete schema.description;
    }),
    document('operations do not say what they do', DOCUMENT, ({ paths = {} }) => {
      for (const path of Object.values(paths)) delete path?.get?.['x-kubernetes-action'];
    }),
  ],
  O8: [
    answering('there is no v2', at(V2), 404, {}),
    document('it is no Swagger 2.0', V2, (body) => {
      body.swagger = '1.2';
    }),
  ],
  O9: [
    document('it has paths of the group', V2, (body) => {
      body.paths = { [`${GROUP_VERSION}/widgets`]: {} };
    }),
  ],
  O10: [
    document('a definition has a slash in its name', V2, (body) => {
      body.definitions = { 'example.dev/v1.Widget': {} };
    }),
    document('a reference leads nowhere', V2, (body) => {
      body.definitions = { Widget: { properties: { lost: { $ref: '#/definitions/Lost' } } } };
    }),
    document('a definition had to be renamed', V2, (body) => {
      body.definitions = { 'io.k8s.Status_v2': {} };
    }),
    answering('protobuf fails', all(at(V2), asksProtobuf), 500, {}),
  ],
  O11: [
    head('there is no ETag', at(V2), ({ response }) => response.removeHeader('ETag')),
    head('the ETag changes', at(V2), ({ response }) => response.setHeader('ETag', `"${performance.now()}"`)),
  ],
};
