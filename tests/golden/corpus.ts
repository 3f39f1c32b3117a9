/**
 * The corpus of bad and odd requests: asked of issues and of a custom resource of the same shape, and answered alike.
 * What is not here has no oracle: writes, because a custom resource can be written, and discovery, which lists verbs.
 */
export interface Row {
  /** Method and path, `C` for the collection in a namespace, `G` for the group and version: `GET C?limit=x`. */
  readonly request: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';

function gets(...paths: readonly string[]): Row[] {
  return paths.map((path) => ({ request: `GET ${path}` }));
}

function selectors(parameter: string, texts: readonly string[]): Row[] {
  return gets(...texts.map((text) => `C?${parameter}=${encodeURIComponent(text)}`));
}

function accepts(paths: readonly string[], values: readonly string[]): Row[] {
  return paths.flatMap((path) => values.map((accept) => ({ request: `GET ${path}`, headers: { accept } })));
}

const LABELS = [
  'tier', '!tier', 'tier=web', 'tier==web', 'tier!=web', 'tier in (web,db)', 'tier notin (web)', 'size>6', 'size<6', 'tier=', 'tier,size', ' tier = web ',
  '(', ')', ',', '=', '!', '==', '!=', '<', '>', 'tier(', 'tier)', 'tier in', 'tier in (', 'tier in ()', 'tier in (web', 'tier in (web,', 'tier in web', 'tier in (web))', 'tier in ((web)',
  'tier notin', 'tier notin ()', 'tier in (,)', 'tier in (web,,db)', 'tier in (web db)', 'tier in (a=b)', 'tier=(', 'tier=web=db', 'tier===web', 'tier=!web', 'tier!web', 'tier!', '!!tier', '! tier', '!tier=web', '!tier in (web)',
  'tier web', 'tier,', ',tier', 'tier,,size', 'size>', 'size>x', 'size>-1', 'size>1.5', 'size>99999999999999999999', 'size<>1', 'size>=1', 'size=>1', 'in', 'notin', 'in in (in)', 'in=in', 'notin notin (notin)',
  'tier in(web)', 'tier=in', 'tier = in (web)',
  '-tier', 'tier-', '/tier', 'a/b/c', 'A.com/tier', 'a_b.com/tier', 'a.com/', `${'x'.repeat(64)}`, `${'x'.repeat(254)}/a`, 'tier=-web', 'tier=web-', 'tier=we b', 'tier=we/b', `tier=${'x'.repeat(64)}`, 'tier in (-web)', 'tier in (web,-db)', 'tiér', 'tier=é', 'tier=\u0000', 'tier\n=\tweb', 'a%b', 'a&b', '*', 'tier=*', 'tier in (*)', 'tier@web', '"tier"=web', "tier='web'",
]; // biome-ignore format: a table

const FIELDS = [
  'metadata.name=a', 'metadata.name==a', 'metadata.name!=a', 'metadata.name=', 'metadata.name!=', 'metadata.namespace=default', 'metadata.namespace=other', 'metadata.name=a,metadata.name=b', 'metadata.name=a,metadata.namespace=default', 'metadata.name=nope',
  'spec.severity=major', 'spec.severity!=major', 'spec.severity=', ',spec.severity=major,', 'status.state=Active', 'status.state=active', 'spec.severity=major,spec.type=build', 'spec.subject.kind=Pipeline', 'status.observed.name=a-run',
  'metadata.name', 'metadata', 'spec.size=3', 'spec=3', 'metadata.uid=x', 'metadata.labels.tier=web', 'status=Active', '.spec.severity=major', 'spec.severity =major', 'spec.severity= major', 'Spec.Severity=major', 'metadata.name=a,spec.size=3', 'spec.size=3,status.what=x',
  '=', '=a', '!=a', '==', ',', ',,', 'metadata.name>a', 'metadata.name in (a)', 'metadata.name~a', '!metadata.name', 'metadata.name=a=b', 'metadata.name===a', 'metadata.name=!a', 'metadata.name=\\', 'metadata.name=a\\', 'metadata.name=a\\b', 'metadata.name=a\\,b', 'metadata.name=a\\=b', 'metadata.name=a\\\\b', 'metadata\\.name=a', 'metadata.name\\=a', 'spec.severity=é', 'spec.severity=\u0000', 'metadata.name=../a', 'metadata.name=a/b', 'metadata.name=A', 'metadata.name=%', `metadata.name=${'x'.repeat(300)}`, 'metadata.name="a"',
]; // biome-ignore format: a table

const NUMBERS: Row[] = gets(
  'C?limit=0', 'C?limit=1', 'C?limit=-1', 'C?limit=', 'C?limit=x', 'C?limit=1.5', 'C?limit=1e3', 'C?limit=0x10', 'C?limit=+1', 'C?limit=%201', 'C?limit=99999999999999999999', 'C?limit=9223372036854775807', 'C?limit=9223372036854775808', 'C?limit=-9223372036854775809', 'C?limit=1_0', 'C?limit=007', 'C?limit=1&limit=x', 'C?limit=x&limit=1', 'C?limit',
  'C?timeoutSeconds=0', 'C?timeoutSeconds=x', 'C?timeoutSeconds=-1', 'C?timeoutSeconds=', 'C?timeoutSeconds=1.5', 'C?timeoutSeconds=30s', 'C?timeoutSeconds=99999999999999999999', 'C?timeoutSeconds', 'C?timeoutSeconds=5',
  'C?labelSelector=tier%3Ddb&limit=1',
  'C?labelSelector=tier&limit=1',
  'C?watch=0', 'C?watch=FALSE', 'C?watch=false', 'C?watch=False', 'C?watch&timeoutSeconds=1', 'C?watch=&timeoutSeconds=1', 'C?watch=true&timeoutSeconds=1', 'C?watch=1&timeoutSeconds=1', 'C?watch=no&timeoutSeconds=1', 'C?watch=false&watch=true&timeoutSeconds=1', 'C?watch=true&watch=false&timeoutSeconds=1', 'C?watch=%200&timeoutSeconds=1',
  'C?watch=true&timeoutSeconds=x', 'C?watch=true&timeoutSeconds=', 'C?watch=true&limit=x&timeoutSeconds=1', 'C?watch=true&limit=1&timeoutSeconds=1', 'C?watch=true&limit=-1&timeoutSeconds=1', 'C?watch=true&timeoutSeconds=1&continue=x', 'C?watch=true&timeoutSeconds=1&labelSelector=(', 'C?watch=true&timeoutSeconds=1&fieldSelector=x', 'C?watch=true&timeoutSeconds=1&fieldSelector=spec.size=3', 'C?watch=true&timeoutSeconds=1&allowWatchBookmarks=x',
  'C?watch=true&timeoutSeconds=1&sendInitialEvents=x', 'C?sendInitialEvents=', 'C?sendInitialEvents', 'C?sendInitialEvents=false', 'C?allowWatchBookmarks=true', 'C?allowWatchBookmarks=',
); // biome-ignore format: a table

const VERSIONS: Row[] = gets(
  'C?resourceVersion=', 'C?resourceVersion=0', 'C?resourceVersion=00', 'C?resourceVersion=01', 'C?resourceVersion=+1', 'C?resourceVersion=-1', 'C?resourceVersion=-0', 'C?resourceVersion=abc', 'C?resourceVersion=1.0', 'C?resourceVersion=1e3', 'C?resourceVersion=0x1', 'C?resourceVersion=%201', 'C?resourceVersion={now}', 'C?resourceVersion=9007199254740990', 'C?resourceVersion=9007199254740990', 'C?resourceVersion=9223372036854775807', 'C?resourceVersion=9223372036854775808', 'C?resourceVersion=18446744073709551615', 'C?resourceVersion=18446744073709551616', 'C?resourceVersion=99999999999999999999999',
  'C?resourceVersion=abc&resourceVersionMatch=Exact', 'C?resourceVersion=abc&resourceVersionMatch=NotOlderThan', 'C?resourceVersion=abc&limit=1', 'C?resourceVersion=abc&fieldSelector=metadata.name%3Da', 'C?resourceVersion=9007199254740990&resourceVersionMatch=Exact', 'C?resourceVersion=9007199254740990&resourceVersionMatch=NotOlderThan', 'C?resourceVersion=9007199254740990&limit=1', 'C?resourceVersion=9007199254740990&fieldSelector=metadata.name%3Da',
  'C?resourceVersion={now}&resourceVersion=abc', 'C?resourceVersionMatch=exact&resourceVersion={now}', 'C?resourceVersionMatch=Exact&resourceVersionMatch=Bad&resourceVersion={now}',
  'C?watch=true&timeoutSeconds=1&resourceVersion=abc', 'C?watch=true&timeoutSeconds=1&resourceVersion=-1', 'C?watch=true&timeoutSeconds=1&resourceVersion=00', 'C?watch=true&timeoutSeconds=1&resourceVersion=01', 'C?watch=true&timeoutSeconds=1&resourceVersion=18446744073709551616', 'C?watch=true&timeoutSeconds=1&resourceVersion=9223372036854775807', 'C?watch=true&timeoutSeconds=1&resourceVersion={now}', 'C?watch=true&timeoutSeconds=1&resourceVersion={old}', 'C?watch=true&timeoutSeconds=1&resourceVersion=1', 'C?resourceVersion=1&resourceVersionMatch=Exact', 'C?resourceVersion=1&limit=1', 'C?resourceVersion={old}&resourceVersionMatch=Exact', 'C?resourceVersion={old}&limit=2',
  'C/a?resourceVersion=0', 'C/a?resourceVersion={now}', 'C/a?resourceVersion={old}', 'C/a?resourceVersion=abc', 'C/a?resourceVersion=-1', 'C/a?resourceVersion=9007199254740990', 'C/nope?resourceVersion=0', 'C/nope?resourceVersion=9007199254740990', 'C/a?resourceVersion=18446744073709551616', 'C/a?resourceVersionMatch=Exact', 'C/a?watch=true&timeoutSeconds=1', 'C/a?limit=x', 'C/a?labelSelector=(', 'C/a?fieldSelector=spec.size%3D3', 'C/a?fieldSelector=metadata.name%3Db', 'C/a?fieldSelector=metadata.name%3Da', 'C/a?timeoutSeconds=x', 'C/a?includeObject=x', 'C/a?continue=x', 'C/a?watch=true&fieldSelector=metadata.name%3Db&timeoutSeconds=1',
); // biome-ignore format: a table

/** A token as upstream makes them; the number 1 is forgotten on both sides. */
function token(rv: unknown, start: unknown, v: unknown = 'meta.k8s.io/v1'): string {
  return Buffer.from(JSON.stringify({ v, rv, start })).toString('base64url');
}

const TOKENS: Row[] = gets(
  ...['x', '%00', '!!', 'e30', 'e30%3D', 'bnVsbA', 'W10', 'MQ', 'ab%20cd', 'a'.repeat(3000), token(0, 'a'), token(-1, 'a\0'), token(-1, 'b\0'), token(-2, 'a\0'), token(1, 'a\0', 'meta.k8s.io/v2'), token(1, ''), token('x', 'a'), token(1, 7), token(1, 'a', 7), token(1, '../a'), token(1, 'a/../b'), token(1, '..'), token(1, 'a//b'), token(1, 'a/./b'), token(1, 'a/'), token(1, '/'), token(1.5, 'a'), token(1, 'a\0')].map((text) => `C?continue=${text}`),
  'C?continue=', 'C?continue={token}', 'C?continue={token}&limit=1', 'C?continue={token}x', 'C?continue={token}&resourceVersion=0', 'C?continue={token}&resourceVersion={now}', 'C?continue={token}&resourceVersion=abc', 'C?continue=x&resourceVersion=5', 'C?continue=x&resourceVersion=0', 'C?continue=x&limit=1', `C?continue=${token(1, 'a\0')}&limit=1`, `G/issues?continue=${token(1, 'default/a\0')}`, `G/issues?continue=${token(-1, 'default/b\0')}`, `C?continue=${token(9007199254740990, 'a\0')}`,
  'C?continue={token}&resourceVersionMatch=Exact', 'C?continue={token}&labelSelector=tier', 'C?watch=true&timeoutSeconds=1&resourceVersion={now}&continue=x',
); // biome-ignore format: a table

/** Every combination that ValidateListOptions judges; the numbers of a watch that is granted come back after a second. */
function matrix(): Row[] {
  const rows: string[] = [];
  for (const watch of ['', '&watch=true&timeoutSeconds=1'])
    for (const version of ['', '&resourceVersion=', '&resourceVersion=0', '&resourceVersion={now}'])
      for (const match of ['', '&resourceVersionMatch=', '&resourceVersionMatch=Exact', '&resourceVersionMatch=NotOlderThan', '&resourceVersionMatch=Bad'])
        for (const limit of ['', '&limit=1'])
          for (const token of ['', '&continue={token}'])
            for (const initial of ['', '&sendInitialEvents=true', '&sendInitialEvents=false'])
              rows.push(`C?${`${version}${match}${limit}${token}${initial}${watch}`.slice(1)}`);
  return gets(...rows);
} // biome-ignore format: a table

const TYPES = [
  '', 'application/json', 'application/json;q=0', '*/*', '*/*;q=0.1', 'application/*', 'text/*', 'text/html', 'text/html,*/*;q=0.8', 'text/html,application/json;q=0.1', 'application/yaml', 'application/cbor', 'application/vnd.kubernetes.protobuf', 'application/vnd.kubernetes.protobuf,application/json', 'application/cbor;q=1,application/json;q=0.9',
  'application/json;as=Foo', 'application/json;as=Foo;v=v1;g=meta.k8s.io', 'application/json;as=Foo;v=v1;g=meta.k8s.io,application/json', TABLE, 'application/json;as=Table;v=v1beta1;g=meta.k8s.io', 'application/json;as=Table;v=v2;g=meta.k8s.io', 'application/json;as=Table', 'application/json;as=Table;g=meta.k8s.io', 'application/json;v=v1;g=meta.k8s.io;as=table', 'application/json;as=Table;v=v1;g=apps', 'application/json;v=v1', 'application/json;g=meta.k8s.io', 'application/json;sv=v1', 'application/json;sv=v2', 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json', `application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io,${TABLE}`, 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io', 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
  'application/json; charset=utf-8', 'application/json;charset=utf-16', 'APPLICATION/JSON', 'application/json;pretty=1', 'application/json;pretty=0', 'application/json;stream=watch', 'application/json;stream=foo', 'application/json;foo=bar', 'application/json;export=1',
  'json', '/', ';', ',', ',,', 'application', 'application/', '/json', 'application/json/x', 'application/json;', 'application/json;q', 'application/json;q=', 'application/json;q=x', 'application/json;q=2', 'application/json;q=-1', 'application/json;q=0.5;as=Foo', '*', '*/json', '"application/json"', 'application/json;as="Table";v=v1;g=meta.k8s.io', 'text/html;q=1,application/json;q=0', 'application/json;q=0.1,application/yaml;q=0.9', 'application/yaml,application/json', 'application/yaml;as=Table;v=v1;g=meta.k8s.io', 'x'.repeat(5000),
]; // biome-ignore format: a table

const OBJECTS = ['None', 'Metadata', 'Object', '', 'x', 'none', 'object', 'Metadata&includeObject=x'].flatMap(
  (value): Row[] => [
    { request: `GET C?includeObject=${value}`, headers: { accept: TABLE } },
    { request: `GET C?includeObject=${value}` },
    { request: `GET C/a?includeObject=${value}`, headers: { accept: TABLE } },
    { request: `GET C/nope?includeObject=${value}`, headers: { accept: TABLE } },
    {
      request: `GET C?includeObject=${value}&watch=true&timeoutSeconds=1&resourceVersion=0`,
      headers: { accept: TABLE },
    },
  ],
);

const PATHS: Row[] = gets(
  'C', 'C/', 'C//', 'C/a', 'C/a/', 'C/a//', 'C/nope', 'C/nope/', 'C/A', 'C/a%20b', 'C/%61', 'C/a%2Fb', 'C/a%2F', 'C/%2F', 'C/%2e%2e', 'C/..', 'C/.', 'C/a/..', 'C/%00', 'C/%', 'C/%zz', 'C/%E0', 'C/%C3%A9', 'C/é'.replace('é', '%C3%A9'), 'C/a?', 'C/a??', 'C?&&', 'C?%', 'C?%zz=1', 'C?limit=%zz', 'C?a;b', 'C?limit=1;x=2', 'C?labelSelector=%E0', 'C?=', 'C?unknown=1', 'C?pretty', 'C?pretty=x', 'C?pretty=true', 'C?pretty=1', 'C?pretty=false', 'C/a?pretty=true', 'C/nope?pretty=true', 'C?fieldManager=x', 'C?dryRun=All', 'C?dryRun=x', 'C?exact=x', 'C?export=true', 'C?shardSelector=x', `C?x=${'y'.repeat(8000)}`, `C?labelSelector=${'x'.repeat(8000)}`, `C/${'x'.repeat(253)}`, `C/${'x'.repeat(254)}`, `C/${'x'.repeat(4000)}`,
  'C/a/status', 'C/a/scale', 'C/a/what', 'C/a/what/more', 'C/nope/what', 'C/a/what?watch=true', 'C/a/%2F', 'C/a/resolve/x',
  'C/%25', 'C/a%25b', 'G/namespaces/../issues', 'G/namespaces/./issues',
  'G/issues', 'G/issues/', 'G/issues/a', 'G/issues?labelSelector=(', 'G/what', 'G/what/x', 'G/namespaces', 'G/namespaces/', 'G/namespaces/default', 'G/namespaces/default/', 'G/namespaces/default/what', 'G/namespaces/default/what/x', 'G/namespaces/nobody/issues', 'G/namespaces/nobody/issues/a', 'G/namespaces/NOBODY/issues', 'G/namespaces/%20/issues', 'G/namespaces//issues', 'G/namespaces/default//issues', 'G//issues', 'G/watch/issues?timeoutSeconds=1', 'G/watch/namespaces/default/issues?timeoutSeconds=1', 'G/watch/namespaces/default/issues/a?timeoutSeconds=1', 'G/proxy/issues', 'G/ISSUES', 'G/issue', 'G/iss', `G/namespaces/${'x'.repeat(64)}/issues`,
  'G/namespaces/default%2Fissues', 'G/namespaces%2Fdefault/issues',
); // biome-ignore format: a table

const METHODS: Row[] = [
  { request: 'HEAD C' }, { request: 'HEAD C/a' }, { request: 'HEAD C/nope' }, { request: 'HEAD C?labelSelector=(' },
  { request: 'OPTIONS C' }, { request: 'OPTIONS C/a' }, { request: 'OPTIONS G/what' },
  { request: 'PURGE C' }, { request: 'TRACE C' }, { request: 'TRACE C/a' }, { request: 'LOCK C/a' },
  ...['POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'].flatMap((method): Row[] => [
    { request: `${method} C/a/what`, headers: { 'content-type': 'application/json' }, body: '{}' },
    { request: `${method} G/what`, headers: { 'content-type': 'application/json' }, body: '{}' },
    { request: `${method} C/a/what/more`, headers: { 'content-type': 'application/json' }, body: '{}' },
  ]),
  { request: 'GET C', body: '{}' }, { request: 'GET C/a', headers: { 'content-type': 'text/plain' }, body: 'x' },
]; // biome-ignore format: a table

const REPORT = '{"apiVersion":"{group}/v1alpha1","kind":"IssueReport","metadata":{"name":"x"},"spec":{}}';
const json = { 'content-type': 'application/json' };

/** Bodies that nothing may be made of; only issuereports takes any. */
const BODIES: Row[] = [
  ['', json],
  ['{', json],
  ['[]', json],
  ['null', json],
  ['1', json],
  ['"x"', json],
  ['{}', json],
  ['{}x', json],
  ['{"kind":1}', json],
  ['\u0000', json],
  ['{"a":}', json],
  ['not: json', json],
  ['{"kind":"IssueReport"}', json],
  ['{"apiVersion":"{group}/v1alpha1"}', json],
  ['{"apiVersion":"{group}/v1alpha1","kind":"Issue"}', json],
  ['{"apiVersion":"{group}/v2","kind":"IssueReport"}', json],
  ['{"apiVersion":"v1","kind":"Pod"}', json],
  ['{"apiVersion":"v1","kind":"IssueReport","spec":{}}', json],
  [REPORT.replace('"name":"x"', '"name":"x","namespace":"other"'), json],
  [REPORT, { 'content-type': 'text/plain' }],
  [REPORT, { 'content-type': 'application/x-www-form-urlencoded' }],
  [REPORT, { 'content-type': 'json' }],
  [REPORT, { 'content-type': 'application/json-patch+json' }],
  ['{', { 'content-type': 'application/yaml' }],
  [`{"a":"${'x'.repeat(3 * 1024 * 1024)}"}`, json],
].map(
  ([body, headers]): Row => ({ request: 'POST R', headers: headers as Record<string, string>, body: body as string }),
);

const CREATES: Row[] = [
  ...['Some', 'all', 'All&dryRun=x', 'true'].map((value): Row => ({ request: `POST R?dryRun=${value}`, headers: json, body: REPORT })),
  { request: 'POST R', headers: { ...json, accept: 'text/html' }, body: REPORT },
  { request: 'POST R', headers: { ...json, accept: 'application/json;as=Foo' }, body: REPORT },
  { request: 'POST G/issuereports', headers: json, body: REPORT },
]; // biome-ignore format: a table

const ROWS: readonly Row[] = [
  ...selectors('labelSelector', LABELS), ...selectors('fieldSelector', FIELDS), ...NUMBERS, ...VERSIONS, ...TOKENS, ...matrix(),
  ...accepts(['C', 'C/a', 'C/nope', 'C?watch=true&timeoutSeconds=1'], TYPES), ...OBJECTS, ...PATHS, ...METHODS, ...BODIES, ...CREATES,
]; // biome-ignore format: a table

export const CORPUS: readonly Row[] = [...new Map(ROWS.map((row) => [rowId(row), row])).values()];

/** Names a row in the golden file. */
export function rowId({ request, headers, body }: Row): string {
  const parts = [request, ...Object.entries(headers ?? {}).map(([name, value]) => `${name}: ${value}`)];
  if (body !== undefined) parts.push(body);
  return parts.map((part) => (part.length > 160 ? `${part.slice(0, 100)}… (${part.length})` : part)).join(' | ');
}
