import type { NormalAnswer } from './answer.ts';
import type { Row } from './corpus.ts';

/**
 * Where we answer otherwise than a custom resource, on purpose (docs/kubernetes-api.md says so to users). Each turns
 * the oracle's answer into the one that we must give; whatever none of them touches must be equal.
 */
export interface Deviation {
  readonly why: string;
  /** Our answer, or undefined where this deviation has nothing to say. */
  expected(theirs: NormalAnswer, row: Row): NormalAnswer | undefined;
}

const UNRECOGNIZED = 'the object provided is unrecognized';

export const DEVIATIONS: readonly Deviation[] = [
  {
    why: 'a create that cannot be is a bad request which says what to do (S1, S2)',
    expected(theirs, { request, body }) {
      const message = CREATES.find(([asked]) => asked.test(`${request} ${body}`))?.[1];
      return message === undefined || theirs.status < 400 ? undefined : failure(400, 'BadRequest', message);
    },
  },
  {
    why: 'bodies are JSON: what writes YAML to the API server is a client of custom resources',
    expected: (_theirs, { headers }) =>
      headers?.['content-type'] === 'application/yaml'
        ? failure(415, 'UnsupportedMediaType', `${UNKNOWN_FORMAT}: application/json`)
        : undefined,
  },
  {
    why: 'an unknown field is refused with the names of those that there are (F3)',
    expected: reworded(
      /^field label not supported: (.*)$/s,
      (field) => `${JSON.stringify(field)} is not a known field selector: only ${FIELDS}`,
    ),
  },
  {
    why: 'a method that is not served is refused with what the resource is (S7)',
    expected: reworded(/ is not supported on resources of kind "issues\.GROUP"$/, () => READ_ONLY),
  },
  {
    why: 'a subresource that nobody serves is no missing object: garbage collectors believe a 404 (E3, E4)',
    expected(theirs, { request }) {
      const subresource = /^\w+ C\/[^/?]+\/[^/?]/.test(request) || /^\w+ C\/a%2Fb/.test(request);
      return subresource && theirs.status === 404 ? failure(404, 'NotFound', UNKNOWN, {}) : undefined;
    },
  },
  {
    why: 'every failure is a Status, also of a path that nobody serves (E1)',
    expected: (theirs) =>
      theirs.status === 404 && theirs.headers['content-type']?.startsWith('text/plain')
        ? failure(404, 'NotFound', UNKNOWN, {})
        : undefined,
  },
  {
    why: 'the deprecated paths below /watch are not served (L20)',
    expected: (_theirs, { request }) =>
      request.startsWith('GET G/watch/') ? failure(404, 'NotFound', UNKNOWN, {}) : undefined,
  },
  {
    why: 'what a custom resource answers with a fault of its own (500, or a watch that ends at once) is a fault of the caller (L13)',
    expected(theirs, { request, headers }) {
      const list = headers?.accept?.includes('PartialObjectMetadataList') && !request.startsWith('GET C?limit');
      if (list && (theirs.status === 500 || theirs.body === '')) {
        return failure(
          406,
          'NotAcceptable',
          'you requested PartialObjectMetadataList, but the requested object is not a list',
        );
      }
      const message = theirs.status === 500 && (theirs.body as { message: string }).message;
      return message ? failure(400, 'BadRequest', `invalid resource version: ${message}`) : undefined;
    },
  },
  {
    why: 'an object is not selected further, and one that is asked for by two names is a contradiction (F5)',
    expected: (_theirs, { request }) =>
      /^GET C\/a\?.*fieldSelector=metadata.name%3Db/.test(request)
        ? failure(400, 'BadRequest', 'field selector metadata.name=b does not match the requested name a')
        : undefined,
  },
  {
    why: 'no further page is offered where nothing that is selected follows',
    expected(theirs, { request }) {
      if (request !== 'GET C?labelSelector=tier%3Ddb&limit=1') return undefined;
      const { metadata, ...list } = theirs.body as { metadata: Record<string, unknown> };
      const { continue: _token, ...rest } = metadata;
      return { ...theirs, body: { ...list, metadata: rest } };
    },
  },
  {
    why: 'a limit is a limit, also at resourceVersion=0',
    expected(theirs, { request }) {
      const unlimited =
        /resourceVersion=0&.*limit=1/.test(request) && theirs.status === 200 && !request.includes('watch');
      if (!unlimited) return undefined;
      const { items, ...list } = theirs.body as { items: unknown[]; metadata: object };
      const metadata = { continue: 'given', remainingItemCount: items.length - 1, ...list.metadata };
      return { ...theirs, body: { ...list, items: items.slice(0, 1), metadata } };
    },
  },
];

const CREATES: readonly (readonly [RegExp, string])[] = [
  [/^POST R\?dryRun=Some/, 'invalid dryRun: "Some": use All'],
  [/^POST R\?dryRun=all/, 'invalid dryRun: "all": use All'],
  [/^POST R\?dryRun=All&dryRun=x/, 'invalid dryRun: "x": use All'],
  [/^POST R\?dryRun=true/, 'invalid dryRun: "true": use All'],
  [/^POST R .*"kind":"Issue"\}$/, UNRECOGNIZED],
  [/^POST G\/issuereports /, 'issuereports are created in a namespace: POST to …/namespaces/<namespace>/issuereports'],
];

/** What is not compared: the words of Go's decoders, and media types that only Go speaks. */
export function comparable(answer: NormalAnswer): NormalAnswer {
  const { headers, body } = answer;
  if (headers['content-type'] === 'application/vnd.kubernetes.protobuf') {
    return { ...answer, headers: { ...headers, 'content-type': 'application/json' }, body: 'a Status in protobuf' };
  }
  const { kind, message } = (body ?? {}) as { kind?: string; message?: string };
  if (kind !== 'Status' || message === undefined) return answer;
  return { ...answer, body: { ...(body as object), message: withoutGo(message) } };
}

function withoutGo(message: string): string {
  return message
    .replace(/^(the object provided is unrecognized|the body of the request is not).*$/s, UNRECOGNIZED)
    .replace(/, application\/vnd\.kubernetes\.protobuf(;stream=watch)?/, '')
    .replace(/(?<=is (not )?a list) \(.*\)$/, '')
    .replace(
      /(?<=^invalid continue token: continue key is not valid: )(json: |invalid character |unexpected end).*$/s,
      'it is not a continue token',
    );
}

/** What we answer a row with, given what the oracle does. */
export function expectedAnswer(theirs: NormalAnswer, row: Row): NormalAnswer {
  for (const deviation of DEVIATIONS) {
    const expected = deviation.expected(theirs, row);
    if (expected) return adapted(comparable(expected), row);
  }
  return adapted(comparable(theirs), row);
}

/** HEAD has no body; bodies of requests, and answers to POST, are JSON only. */
function adapted(answer: NormalAnswer, { request }: Row): NormalAnswer {
  if (request.startsWith('HEAD ')) return { ...answer, body: '' };
  const { message } = (answer.body ?? {}) as { message?: string };
  if (!request.startsWith('POST ') || message === undefined) return answer;
  return { ...answer, body: { ...(answer.body as object), message: message.replace(', application/yaml', '') } };
}

const UNKNOWN_FORMAT = 'the body of the request was in an unknown format - accepted media types include';
const UNKNOWN = 'the server could not find the requested resource';
const READ_ONLY = 'issues are read-only';
const FIELDS =
  '"metadata.name", "metadata.namespace", "status.state", "spec.severity", "spec.type", "spec.source", "spec.reason", "spec.subject.kind", "spec.subject.name", "status.observed.name", "status.observed.uid"';

function reworded(pattern: RegExp, message: (field: string) => string): Deviation['expected'] {
  return (theirs) => {
    const match = pattern.exec((theirs.body as { message?: string } | null)?.message ?? '');
    return match ? { ...theirs, body: { ...(theirs.body as object), message: message(match[1] ?? '') } } : undefined;
  };
}

function failure(code: number, reason: string, message: string, details?: object): NormalAnswer {
  const body = {
    apiVersion: 'v1',
    code,
    ...(details && { details }),
    kind: 'Status',
    message,
    metadata: {},
    reason,
    status: 'Failure',
  };
  return { status: code, headers: { 'cache-control': 'no-cache, private', 'content-type': 'application/json' }, body };
}
