import fc from 'fast-check';
import type { Asked } from '../golden/ask.ts';
import { CORPUS } from '../golden/corpus.ts';
import { FOREIGN, OWN } from './world.ts';

/**
 * Requests that are nearly right: real paths, parameters and headers, then a few of them bent, repeated, encoded twice
 * or replaced by anything. What is wholly random never gets past the path.
 */
export function requests(): fc.Arbitrary<Asked> {
  return fc.oneof(
    { weight: 9, arbitrary: fc.record({ method: methods(), path: urls(), headers: headers(), body: bodies() }) },
    { weight: 1, arbitrary: corpusRows() },
  );
}

function methods(): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 8, arbitrary: fc.constant('GET') },
    { weight: 3, arbitrary: fc.constant('POST') },
    {
      weight: 1,
      arbitrary: fc.constantFrom('HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PURGE', 'PROPFIND', 'QUERY'),
    },
  );
}

/** The corpus of the golden file, from the caller's own namespace and from the foreign one. */
function corpusRows(): fc.Arbitrary<Asked> {
  return fc
    .record({ row: fc.constantFrom(...CORPUS), namespace: fc.constantFrom(OWN, OWN, OWN, FOREIGN) })
    .map(({ row, namespace }) => {
      const [method = '', path = ''] = row.request.split(/ (.*)/s);
      const group = '/apis/faultline.dev/v1alpha1';
      const collection = `${group}/namespaces/${namespace}`;
      const url = path
        .replace(/^C/, `${collection}/issues`)
        .replace(/^R/, `${collection}/issuereports`)
        .replace(/^G/, group);
      return { method, path: url.replace(/[{}]/g, ''), headers: { ...row.headers }, body: row.body };
    });
}

const NAMESPACES = [
  ...Array.from({ length: 16 }, () => OWN),
  FOREIGN,
  '',
  '*',
  '.',
  '..',
  'TEAM-A',
  `${OWN}%2F..%2F${FOREIGN}`,
  `${OWN}%00`,
  `${OWN}/../${FOREIGN}`,
  '%E0',
  'x'.repeat(64),
];
const RESOURCES = [
  ...Array.from({ length: 12 }, () => 'issues'),
  ...Array.from({ length: 4 }, () => 'issuereports'),
  'ISSUES',
  'pods',
  'namespaces',
  'issues%2Fi1',
  'watch',
  'sources',
];
const NAMES = [
  'i1',
  'i2',
  'i39',
  'nope',
  'i1%2Fresolve',
  '.',
  '..',
  '%2e%2e',
  'I1',
  '*',
  '%00',
  'é',
  'i1%20',
  'x'.repeat(300),
];
const SUBRESOURCES = [
  'resolve',
  'acknowledge',
  'snooze',
  'assign',
  'due',
  'comment',
  'status',
  'evidence',
  'scale',
  'log',
  '..',
  'resolve%2F',
];
const OTHERS = [
  '/', '/apis', '/apis/', '/apis/faultline.dev', '/apis/faultline.dev/v1alpha1', '/api', '/api/v1', '/api/v1/namespaces/team-b', '/api/v1/namespaces/team-b/secrets', '/api/v1/reports', '/api/v1/lead',
  '/openapi', '/openapi/v2', '/openapi/v3', '/openapi/v3/apis/faultline.dev/v1alpha1', '/openapi/v3/apis/faultline.dev/v1alpha1?hash=x', '/openapi/v3/..', '/version', '/version/', '/healthz', '/livez', '/readyz?verbose', '/readyz/x', '/metrics', '/docs',
  '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', '*', '//', '/../', '/%2F', '/apis/faultline.dev/v1alpha1/watch/namespaces/team-b/issues', '/favicon.ico', '/.git/config',
]; // biome-ignore format: a table

function urls(): fc.Arbitrary<string> {
  const pick = (values: readonly string[]) => fc.constantFrom(...values);
  const item = fc.tuple(
    pick(NAMESPACES),
    pick(RESOURCES),
    fc.option(pick(NAMES)),
    fc.option(pick(SUBRESOURCES), { freq: 3 }),
  );
  const base = '/apis/faultline.dev/v1alpha1';
  const resource = item.map(([namespace, plural, name, sub]) =>
    [base, 'namespaces', namespace, plural, ...(name === null ? [] : [name, ...(sub === null ? [] : [sub])])].join('/'),
  );
  const collection = fc.constantFrom(
    `${base}/issues`,
    `${base}/namespaces/${OWN}/issues`,
    `${base}/namespaces/${OWN}/issues`,
  );
  const path = fc.oneof(
    { weight: 4, arbitrary: collection },
    { weight: 6, arbitrary: resource },
    { weight: 1, arbitrary: pick(OTHERS) },
    { weight: 1, arbitrary: fc.webPath() },
  );
  return fc.tuple(fc.tuple(path, fc.nat(40)).map(bent), queries()).map(([where, query]) => where + query);
}

/** Now and then a slash too many, an escape, or a part that is missing. */
function bent([path, how]: [string, number]): string {
  if (how === 1) return path.replace(/\/(?=[^/]*$)/, '//');
  if (how === 2) return `${path}/`;
  if (how === 3) return path.replace(/[a-z](?=[^/]*$)/, (c) => `%${c.charCodeAt(0).toString(16)}`);
  if (how === 4) return path.replace('/namespaces', '');
  if (how === 5) return `${path}%`;
  if (how === 6) return path.replaceAll('/', '%2F').replace('%2F', '/');
  if (how === 7) return path.replace('v1alpha1', 'v1');
  return path;
}

const VALUES: Readonly<Record<string, readonly string[]>> = {
  watch: ['true', '1', '', '0', 'false', 'x'],
  limit: ['1', '2', '500', '0', '-1', 'x', '', '99999999999999999999', '1.5'],
  continue: ['x', 'e30', 'eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6LTEsInN0YXJ0IjoiaTIifQ', 'eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6LTEsInN0YXJ0IjoidGVhbS1iL2kyIn0', 'eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6LTEsInN0YXJ0IjoiLi4vdGVhbS1iL2kyIn0', '%00'],
  resourceVersion: ['0', '1', '1040', '1081', '9007199254740990', 'abc', '-1', '', '18446744073709551616'],
  resourceVersionMatch: ['Exact', 'NotOlderThan', 'x', ''],
  sendInitialEvents: ['true', 'false', '', 'x'],
  allowWatchBookmarks: ['true', 'false', 'x'],
  timeoutSeconds: ['1', '0', '-1', 'x', '99999999999999999999'],
  labelSelector: ['tier', '!tier', 'tier=a-build-failed', 'tier in (x,y)', 'tier notin (', 'a>1', 'a>x', '(', ',', 'é', 'tier=\u0000'],
  fieldSelector: ['metadata.name=i1', 'metadata.namespace=team-b', 'metadata.namespace!=team-a', 'metadata.name=i1,metadata.namespace=team-b', 'spec.reason!=x', 'spec.what=x', 'x', '=', 'metadata.name=a\\', 'metadata.name=a\\,b', 'metadata.name=../../team-b/i1'],
  includeObject: ['Object', 'None', 'Metadata', 'x', ''],
  dryRun: ['All', 'x', ''],
  pretty: ['true', '1', 'x', ''],
  fieldManager: ['x'],
  fieldValidation: ['Strict', 'x'],
  hash: ['x'],
}; // biome-ignore format: a table

function queries(): fc.Arbitrary<string> {
  const near = fc
    .constantFrom(...Object.keys(VALUES))
    .chain((name) =>
      fc.constantFrom(...(VALUES[name] as string[])).map((value) => `${name}=${encodeURIComponent(value)}`),
    );
  const anyValue = fc
    .tuple(fc.constantFrom(...Object.keys(VALUES)), fc.string({ unit: 'binary', maxLength: 30 }))
    .map(([name, value]) => `${name}=${encodeURIComponent(value.toWellFormed())}`);
  const raw = fc.constantFrom(
    '%',
    '%zz=1',
    'limit=1;watch=1',
    'a&b',
    '=',
    '&&',
    'watch',
    'labelSelector',
    '%E0=%E0',
    'x'.repeat(9_000),
    '?',
    '#',
  );
  const parameter = fc.oneof(
    { weight: 12, arbitrary: near },
    { weight: 3, arbitrary: anyValue },
    { weight: 1, arbitrary: raw },
  );
  return fc
    .array(parameter, { maxLength: 4 })
    .map((pairs) => (pairs.length === 0 ? '' : `?${pairs.join('&').replaceAll('#', '%23')}`));
}

const HEADER_VALUES: Readonly<Record<string, readonly string[]>> = {
  'accept-encoding': ['gzip', 'gzip;q=0', 'br, deflate', 'x'.repeat(500), 'gzip,gzip,gzip'],
  'user-agent': ['curl/8', 'kubectl/v1.33', 'Mozilla/5.0', ''],
  'content-type': ['application/json', 'application/json; charset=utf-8', 'text/plain', 'application/yaml', 'application/vnd.kubernetes.protobuf', '', 'x;;;'],
  'if-none-match': ['*', '"x"', 'W/"x"', ','],
  'audit-id': ['11-22', 'a b', '\t', 'x'.repeat(200)],
  authorization: ['Bearer x', 'Bearer', 'Basic eDp5', 'bearer  x y'],
  'x-remote-user': ['admin', 'system:kube-aggregator'],
  'x-remote-group': ['system:masters'],
  'x-remote-extra-a%2fb': ['x'],
  'impersonate-user': ['admin'],
  'impersonate-group': ['system:masters'],
  'x-forwarded-for': ['127.0.0.1'],
  'x-forwarded-uri': ['/apis/faultline.dev/v1alpha1/namespaces/team-b/issues'],
  'x-original-url': ['/apis/faultline.dev/v1alpha1/namespaces/team-b/issues'],
  'x-http-method-override': ['GET', 'DELETE'],
  expect: ['100-continue', 'x'],
  range: ['bytes=0-5'],
  origin: ['https://example.com'],
  cookie: ['a=b'],
  'transfer-encoding': ['chunked'],
  host: ['localhost', 'evil.example', ''],
  upgrade: ['h2c', 'x'],
  te: ['trailers'],
  'x-many': ['y'.repeat(20_000)],
}; // biome-ignore format: a table

const ACCEPTS = [...new Set(CORPUS.flatMap(({ headers }) => headers?.accept ?? []))];
const WEBSOCKET = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-protocol': 'base64.binary.k8s.io',
};

/** What `curl --http2` offers. */
const H2C = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQAoAAAAAIAAAAA' };

function headers(): fc.Arbitrary<Record<string, string>> {
  const other = fc
    .constantFrom(...Object.keys(HEADER_VALUES))
    .chain((name) =>
      fc.constantFrom(...(HEADER_VALUES[name] as string[])).map((value): [string, string] => [name, value]),
    );
  const odd = fc.stringMatching(/^[!-~]{0,60}$/);
  const accept = fc.oneof(
    { weight: 4, arbitrary: fc.constant({}) },
    { weight: 4, arbitrary: fc.constantFrom(...ACCEPTS).map((value) => ({ accept: value })) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom(...ACCEPTS), odd)
        .map(([value, more]) => ({ accept: `${value};${more},${value}` })),
    },
    { weight: 1, arbitrary: odd.map((value) => ({ accept: value })) },
  );
  const socket = fc.nat(30).map((number) => (number === 0 ? WEBSOCKET : number === 1 ? H2C : {}));
  return fc
    .tuple(accept, fc.array(other, { maxLength: 2 }), socket)
    .map(([a, rest, upgrade]) => ({ ...a, ...Object.fromEntries(rest), ...upgrade }));
}

const BODIES = [
  '', '{', '[]', 'null', '{}', '{"spec":{}}', '{"spec":{"comment":"x"}}', '{"apiVersion":"faultline.dev/v1alpha1","kind":"IssueResolution"}', '{"apiVersion":"faultline.dev/v1alpha1","kind":"IssueResolution","metadata":{"name":"i1","namespace":"team-b"}}', '{"apiVersion":"faultline.dev/v1alpha1","kind":"IssueSnooze","spec":{"for":"1h"}}', '{"apiVersion":"faultline.dev/v1alpha1","kind":"IssueSnooze","spec":{"until":"x"}}',
  '{"apiVersion":"faultline.dev/v1alpha1","kind":"IssueReport","spec":{"source":"x","namespace":"team-b"}}', '{"apiVersion":"faultline.dev/v1alpha1","kind":"IssueReport","metadata":{"namespace":"team-b"},"spec":{}}', '{"metadata":[]}', '{"metadata":{"uid":7}}', '{"__proto__":{"kind":"x"},"constructor":1}', '{"spec":{"comment":"\\u0000"}}', `{"spec":{"comment":"${'x'.repeat(20_000)}"}}`, `${'['.repeat(5_000)}`, '{"kind":"DeleteOptions","apiVersion":"v1"}', 'a=b', '\u0000',
]; // biome-ignore format: a table

function bodies(): fc.Arbitrary<string | undefined> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant(undefined) },
    { weight: 6, arbitrary: fc.constantFrom(...BODIES) },
    { weight: 2, arbitrary: fc.json() },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 200 }) },
  );
}
