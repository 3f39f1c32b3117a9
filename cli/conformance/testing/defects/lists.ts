import type { Defect } from '../defect.ts';
import {
  all,
  answering,
  asking,
  asks,
  at,
  GROUP_VERSION,
  handling,
  head,
  items,
  json,
  lists,
  watches,
} from '../defect.ts';

const isPlain = ({ request }: { request: { headers: { accept?: string | undefined } } }): boolean =>
  !request.headers.accept?.includes('as=');

/** A status that is another one. */
function instead(what: string, query: Parameters<typeof asks>, status: number, body: unknown = {}): Defect {
  return answering(what, all(lists, asks(...query)), status, body);
}

export const listDefects: Readonly<Record<string, readonly Defect[]>> = {
  L1: [
    answering('a trailing slash is unknown', ({ path }) => path.endsWith('/widgets/'), 404, {}),
    answering('an unknown namespace is 404', ({ path }) => path.includes('/faultline-conformance-nobody/'), 404, {}),
    instead('unknown parameters are refused', ['nobodyKnowsThis'], 400),
  ],
  L2: [
    asking('everything is answered with JSON', lists, ({ request }) => {
      request.headers.accept = 'application/json';
    }),
    answering(
      'only the first clause counts',
      all(lists, ({ request }) => /^application\/cbor/.test(request.headers.accept ?? '')),
      406,
      {},
    ),
  ],
  L3: [
    asking('YAML is answered as JSON', lists, ({ request }) => {
      request.headers.accept = 'application/json';
    }),
  ],
  L4: [
    json('items of lists have no kind', all(lists, isPlain), (body) => {
      for (const item of body.items ?? []) delete item.kind;
    }),
    json('times have milliseconds', lists, (body) => {
      for (const { metadata } of body.items ?? [])
        if (metadata) metadata.creationTimestamp = '2026-11-21T07:00:00.000Z';
    }),
    json('the uid is another one each time', items, (body) => {
      if (body.metadata?.uid) body.metadata.uid = `uid-${performance.now()}`;
    }),
  ],
  L5: [
    json('names are in upper case', lists, (body) => {
      for (const { metadata } of body.items ?? []) if (metadata) metadata.name = metadata.name?.toUpperCase() ?? '';
    }),
    json('label values have spaces', lists, (body) => {
      for (const { metadata } of body.items ?? []) if (metadata) metadata.labels = { tier: 'a b' };
    }),
  ],
  L6: [
    json('conditions have no time', lists, (body) => {
      for (const item of body.items ?? [])
        item.status = { conditions: [{ type: 'Ready', status: 'True', reason: 'Painted' }] };
    }),
    json('conditions are ahead of the object', lists, (body) => {
      for (const { metadata } of body.items ?? []) if (metadata) metadata.generation = 0;
    }),
  ],
  L7: [
    json('an empty list is null', lists, (body) => {
      if (body.items?.length === 0) body.items = null;
    }),
    json('objects come in any order', lists, (body) => {
      body.items?.reverse();
    }),
    json('the list has no resourceVersion', lists, (body) => {
      delete body.metadata?.resourceVersion;
    }),
  ],
  L8: [
    asking('limit is ignored', lists, ({ query }) => query.delete('limit')),
    json('remainingItemCount is wrong', lists, (body) => {
      if (body.metadata?.remainingItemCount) body.metadata.remainingItemCount++;
    }),
    json('pages after the first are empty', all(lists, asks('continue')), (body) => {
      body.items = [];
    }),
  ],
  L9: [
    json('each page has a version of its own', all(lists, asks('continue')), (body) => {
      if (body.metadata) body.metadata.resourceVersion = `${Number(body.metadata.resourceVersion) + 1}`;
    }),
  ],
  L10: [
    asking('a token that is none is the first page', all(lists, asks('continue', 'nonsense')), ({ query }) =>
      query.delete('continue'),
    ),
    asking('a token comes with a version', all(lists, asks('continue')), ({ query }) =>
      query.delete('resourceVersion'),
    ),
  ],
  L11: [
    asking('a match without a version is taken', all(lists, asks('resourceVersionMatch', 'Exact')), ({ query }) =>
      query.delete('resourceVersionMatch'),
    ),
    asking('sendInitialEvents is ignored on lists', lists, ({ query }) => query.delete('sendInitialEvents')),
  ],
  L12: [
    asking('the future is now', all(lists, asks('resourceVersionMatch', 'NotOlderThan')), ({ query }) => {
      query.delete('resourceVersion');
      query.delete('resourceVersionMatch');
    }),
    json('the cause is not named', all(lists, asks('resourceVersionMatch', 'NotOlderThan')), (body) => {
      if (body.code === 504) delete body.details?.causes;
    }),
  ],
  L13: [
    asking('a version that is no number is 0', asks('resourceVersion', 'abc'), ({ query }) =>
      query.set('resourceVersion', '0'),
    ),
  ],
  L14: [
    asking('watch=0 is a watch', asks('watch', '0'), ({ query }) => query.set('watch', 'true')),
    asking('?watch is a list', asks('watch', ''), ({ query }) => query.delete('watch')),
    asking('a limit that is no number is none', asks('limit', 'x'), ({ query }) => query.delete('limit')),
  ],
  L15: [
    asking('pretty is ignored', lists, ({ query }) => query.delete('pretty')),
    asking('everything is indented', lists, ({ query }) => query.set('pretty', 'true')),
  ],
  L16: [
    asking('nothing is compressed', lists, ({ request }) => {
      delete request.headers['accept-encoding'];
    }),
    handling('watches are compressed', watches, (exchange) => {
      exchange.response.setHeader('Content-Encoding', 'gzip');
      return exchange.next();
    }),
  ],
  L20: [
    answering(
      'the old paths are a page of text',
      ({ path }) => path.startsWith(`${GROUP_VERSION}/watch/`),
      404,
      'not found',
      { 'Content-Type': 'text/plain' },
    ),
  ],
  V1: [
    json('an empty list is at 0', lists, (body) => {
      if (body.items?.length === 0 && body.metadata) body.metadata.resourceVersion = '0';
    }),
    json('versions are above 2^53', lists, (body) => {
      if (body.metadata) body.metadata.resourceVersion = '9007199254740993';
    }),
    json('versions have leading zeros', lists, (body) => {
      for (const { metadata } of body.items ?? [])
        if (metadata) metadata.resourceVersion = `0${metadata.resourceVersion}`;
    }),
  ],
  V2: [
    json('a list is at the version of its newest object', lists, (body) => {
      const versions = (body.items ?? []).map(({ metadata }) => Number(metadata?.resourceVersion));
      if (body.metadata) body.metadata.resourceVersion = `${Math.max(1, ...versions)}`;
    }),
  ],
  E1: [
    answering(
      'what is missing is a page of text',
      ({ path }) => path.endsWith('/faultline-conformance-nobody'),
      404,
      'Not Found',
      { 'Content-Type': 'text/plain' },
    ),
    json('the code inside is another one', lists, (body) => {
      if (body.kind === 'Status') body.code = 500;
    }),
  ],
  E2: [
    json('the reason is always BadRequest', items, (body) => {
      if (body.kind === 'Status') body.reason = 'BadRequest';
    }),
  ],
  E3: [
    json('details name the kind', items, (body) => {
      if (body.kind === 'Status' && body.details) body.details.kind = 'Widget';
    }),
    json('the message is another one', items, (body) => {
      if (body.kind === 'Status') body.message = 'no such widget';
    }),
  ],
  E6: [
    json('faults are not listed', lists, (body) => {
      if (body.code === 422) delete body.details?.causes;
    }),
  ],
  H3: [
    answering('a trailing slash is redirected', ({ path }) => path.endsWith('/widgets/'), 301, '', { Location: '/' }),
    head('a 304 says where', at(`/openapi/v3${GROUP_VERSION}`), ({ response }, { status }) => {
      if (status === 304) response.setHeader('Location', '/');
    }),
  ],
  X6: [
    json('objects have finalizers', lists, (body) => {
      for (const { metadata } of body.items ?? []) if (metadata) metadata.finalizers = ['example.dev/keep'];
    }),
  ],
};
