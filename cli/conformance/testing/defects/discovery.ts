import type { DiscoveredVersion } from '../../discovery.ts';
import type { Defect, Draft } from '../defect.ts';
import { all, answering, asking, at, entry, GROUP_VERSION, head, json } from '../defect.ts';
import { type Exchange, FRONT_USER } from '../exchange.ts';

const aggregated = ({ path, request }: Exchange): boolean =>
  path === '/apis' && (request.headers.accept?.includes('APIGroupDiscoveryList') ?? false);

function discovered(what: string, change: (version: Draft<DiscoveredVersion>) => void): Defect {
  return json(what, aggregated, (body) => {
    for (const { versions } of (body.items ?? []) as { versions?: Draft<DiscoveredVersion>[] }[]) {
      for (const version of versions ?? []) change(version);
    }
  });
}

export const discovery: Readonly<Record<string, readonly Defect[]>> = {
  D1: [
    json('the list has no apiVersion', at(GROUP_VERSION), (body) => {
      delete body.apiVersion;
    }),
    answering(
      'only JSON by name is answered',
      all(at(GROUP_VERSION), ({ request }) => request.headers.accept === '*/*'),
      406,
      {},
    ),
  ],
  D2: [
    entry('singularName is empty', (one) => {
      one.singularName = '';
    }),
    entry('it joins the category all', (one) => {
      one.categories = ['all'];
    }),
  ],
  D3: [
    entry('subresources are said to have no namespaces', (one) => {
      if (one.name?.includes('/')) one.namespaced = false;
    }),
    entry('subresources have no kind', (one) => {
      if (one.name?.includes('/')) delete one.kind;
    }),
  ],
  D4: [
    discovered('the version is Stale', (version) => {
      version.freshness = 'Stale';
    }),
    discovered('subresources are left out', ({ resources = [] }) => {
      for (const one of resources) delete one.subresources;
    }),
    answering('there is no aggregated discovery', aggregated, 200, {
      kind: 'APIGroupList',
      apiVersion: 'v1',
      groups: [],
    }),
  ],
  D5: [
    head('it comes as plain JSON', aggregated, ({ response }) =>
      response.setHeader('Content-Type', 'application/json'),
    ),
  ],
  D6: [
    discovered('a responseKind is null', ({ resources = [] }) => {
      for (const one of resources) one.responseKind = null;
    }),
    discovered('the responseKind of a subresource is missing', ({ resources = [] }) => {
      for (const { subresources = [] } of resources) for (const one of subresources) delete one.responseKind;
    }),
  ],
  D7: [
    head('there is no ETag', aggregated, ({ response }) => response.removeHeader('ETag')),
    asking('If-None-Match is ignored', aggregated, ({ request }) => {
      delete request.headers['if-none-match'];
    }),
    head('the 304 has a Location', aggregated, ({ response }, { status }) => {
      if (status === 304) response.setHeader('Location', '/apis');
    }),
  ],
  D8: [
    answering(
      'whoever has no rights is refused',
      all(at(GROUP_VERSION), ({ request }) => request.headers[FRONT_USER] === 'system:aggregator'),
      403,
      { kind: 'Status', message: 'forbidden' },
    ),
  ],
  D10: [
    answering('/version is unknown', at('/version'), 404, {}),
    json(
      '/apis does not name the group',
      all(at('/apis'), (exchange) => !aggregated(exchange)),
      (body) => {
        body.groups = [];
      },
    ),
  ],
  D12: [
    asking('v2beta1 is answered as v2', aggregated, ({ request }) => {
      request.headers.accept = request.headers.accept?.replace('v2beta1', 'v2');
    }),
  ],
};
