import { PARTIAL, PARTIAL_LIST, PROTOBUF, TABLE, TABLE_BETA } from '../accept.ts';
import { STREAMED_LIST } from '../watching.ts';

/** One request of the corpus, that both resources are asked. */
export interface CorpusRequest {
  /** The item that the request belongs to. */
  readonly number: string;
  /** Behind the path of the collection; `{name}` is an object of the resource that is asked. */
  readonly path: string;
  readonly accept?: string;
}

const WATCH = '?watch=true&timeoutSeconds=1';
const CONTINUED = 'resourceVersion=0&resourceVersionMatch=NotOlderThan&continue=x';

function gets(number: string, ...paths: readonly string[]): CorpusRequest[] {
  return paths.map((path) => ({ number, path }));
}

function as(number: string, accept: string, ...paths: readonly string[]): CorpusRequest[] {
  return paths.map((path) => ({ number, path, accept }));
}

/**
 * What clients ask, and what they get wrong. Left out is what kube-apiserver itself answers in a way that the list calls
 * a fault (a resourceVersion that is no number is 500 there, L13), and what depends on how many objects there are.
 */
export const corpus: readonly CorpusRequest[] = [
  ...gets('L1', '', '/{name}', '/{name}?resourceVersion=0', '?nobodyKnowsThis=x'),
  ...as('L2', 'image/png', '', '/{name}'),
  ...as('L2', 'text/html,*/*;q=0.8', '/{name}'),
  ...as('L2', `${PROTOBUF};q=0.9,${TABLE};q=0.5`, ''),
  ...gets('L10', '?continue=nonsense', '?continue=nonsense&resourceVersion=5'),
  ...gets('L11', '?resourceVersion=0', '?resourceVersion=0&resourceVersionMatch=NotOlderThan'),
  ...gets('L11', '?resourceVersionMatch=Exact', '?resourceVersionMatch=NotOlderThan', `?${CONTINUED}`),
  ...gets('L11', '?resourceVersion=0&resourceVersionMatch=Exact', '?resourceVersion=0&resourceVersionMatch=Near'),
  ...gets('L11', '?sendInitialEvents=true'),
  ...gets('L12', '?resourceVersion=9007199254740990'),
  ...gets('L14', '?watch=0', '?watch=False', '?limit=x', '?limit=', '?limit=-1', '?timeoutSeconds=x'),
  ...gets('F1', '?labelSelector=nobody%3D(', '?labelSelector=nobody%20in%20()', '?labelSelector=nobody%3Ex'),
  ...gets('F1', '?labelSelector=a%20b', '?labelSelector=,', '?labelSelector=!nobody', '?labelSelector=nobody%3D'),
  ...gets(
    'F2',
    '?fieldSelector=metadata.name%3D{name}',
    '?fieldSelector=metadata.name%3D',
    '?fieldSelector=metadata.name',
  ),
  ...gets('F2', '?fieldSelector=metadata.namespace%3Dnobody', '?fieldSelector=,metadata.name%3D{name},'),
  ...gets('F5', '/{name}?watch=true'),
  ...gets('W2', `${WATCH}`, `${WATCH}&resourceVersion=0`, `${WATCH}&limit=x`),
  ...gets('W3', `${WATCH}&${STREAMED_LIST}`, `${WATCH}&${STREAMED_LIST}&resourceVersion=0`),
  ...gets(
    'W4',
    `${WATCH}&sendInitialEvents=true`,
    `${WATCH}&sendInitialEvents=false&resourceVersionMatch=NotOlderThan`,
  ),
  ...gets('W4', `${WATCH}&resourceVersionMatch=Exact&resourceVersion=1`, `${WATCH}&resourceVersionMatch=Exact`),
  ...gets('W14', `${WATCH}&resourceVersion=0&fieldSelector=metadata.name%3D{name}`),
  ...gets('W17', `${WATCH}&${STREAMED_LIST}&continue=x`),
  ...as('T1', TABLE, '', '/{name}', `${WATCH}&resourceVersion=0`),
  ...as('T1', TABLE_BETA, '', '/{name}'),
  ...as('T3', TABLE, '?includeObject=None', '?includeObject=Object', '?includeObject=nonsense'),
  ...as('T6', PARTIAL_LIST, ''),
  ...as('T6', PARTIAL, '/{name}', '', `${WATCH}&resourceVersion=0`),
  ...as('T7', TABLE, `${WATCH}&${STREAMED_LIST}`),
  ...as('T7', PARTIAL, `${WATCH}&${STREAMED_LIST}`),
  ...as('T8', 'application/json;as=Foo;v=v1;g=meta.k8s.io', ''),
  ...as('T8', 'application/json;as=Foo;v=v1;g=meta.k8s.io,application/json', ''),
  ...as('T8', 'application/json;as=Table;v=v2;g=meta.k8s.io,application/json', ''),
  ...as('T8', TABLE, '/faultline-conformance-nobody'),
  ...as('T8', `${TABLE},application/json`, '?labelSelector=('),
  ...gets('E3', '/faultline-conformance-nobody', '/faultline-conformance-nobody?resourceVersion=0'),
];
