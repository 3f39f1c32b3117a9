import { hash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type Router from '@koa/router';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Issued } from '../../apiserver/kube/access/testing/authority.ts';
import { type HttpsAnswer, httpsRequest } from '../../apiserver/kube/access/testing/https-request.ts';
import { declared } from '../../apiserver/receivers/testing/declared.ts';
import { openApiDocument } from '../../apiserver/rest/openapi/document.ts';
import type { Operation } from '../../apiserver/rest/openapi/operation.ts';
import { OPERATIONS } from '../../apiserver/rest/openapi/operations.ts';
import { answerAt, checker, operationsOf } from '../../apiserver/rest/openapi/testing/documented.ts';
import type { Backend } from './backend.ts';
import { type ExampleBackend, exampleBackend } from './testing/example-backend.ts';

/** Every router that the server is made with, wherever it is mounted. */
const routers: Router[] = [];
vi.mock(import('@koa/router'), async (original) => {
  const module = await original();
  class Recorded extends module.default {
    constructor(...options: ConstructorParameters<typeof Router>) {
      super(...options);
      routers.push(this as unknown as Router);
    }
  }
  return { ...module, default: Recorded as unknown as typeof module.default };
});

/** What the documentation says, held against a whole server on PGlite: every example is sent, in the documents' order. */
const document = openApiDocument('0.0.0');
const documented = new Map(operationsOf(document).map((each) => [each.operation.operationId, each]));
const check = checker(document);

let example: ExampleBackend;
let backend: Backend;
let ca: string;
let admin: Issued;

beforeAll(async () => {
  example = await exampleBackend('rest', {
    receivers: {
      configured: [receiver('WebhookReceiver', 'shop'), receiver('ClusterWebhookReceiver')],
      secrets: { read: () => Promise.reject(new Error('none')), readFile: () => Promise.reject(new Error('none')) },
    },
  });
  ({ backend, ca, admin } = example);
  const delivery = OPERATIONS.find(({ authentication }) => authentication === 'receiver') as Operation;
  // Their expressions are read after the start.
  await vi.waitFor(async () => expect((await ask(delivery)).status).not.toBe(503), { timeout: 20_000 });
});
afterAll(() => example[Symbol.asyncDispose]());

function receiver(kind: string, namespace?: string) {
  return declared(
    `
kind: ${kind}
metadata: {name: checks${namespace === undefined ? '' : `, namespace: ${namespace}`}}
spec:
  authentication: {token: {sha256: ${hash('sha256', 'receiver-token', 'hex')}}}
  ${namespace === undefined ? 'namespace: "\'shop\'"' : ''}
  subject: "{'apiVersion': 'example.com/v1', 'kind': 'Service', 'name': payload.service}"
  findings: |
    payload.ok ? [] : [{
      'key': payload.check, 'type': 'workload', 'severity': 'major', 'reason': 'CheckFailed', 'title': payload.text,
    }]
  resolve: "payload.ok ? [payload.check] : []"
`,
    'configuration',
  );
}

interface Question {
  readonly body?: string;
  readonly type?: string;
  readonly client?: Issued | undefined;
}

function ask(operation: Operation, question: Question = {}) {
  const { method, path, examplePath = path, body: documentedBody, exampleHeaders } = operation;
  const { body = documentedBody && real(JSON.stringify(documentedBody.example)), client = admin } = question;
  const known = !('client' in question && question.client === undefined);
  const type = question.type ?? documentedBody?.mediaTypes?.[0] ?? 'application/json';
  return httpsRequest(`${backend.url}${real(examplePath)}`, {
    ca,
    method: method.toUpperCase(),
    ...(known && { client }),
    headers: { ...(body !== undefined && { 'Content-Type': type }), ...(known && exampleHeaders) },
    ...(body !== undefined && { body }),
  });
}

/** What answers gave, by what the examples of those answers say. */
const given = new Map<string, string>();

function real(text: string): string {
  return [...given].reduce((replaced, [example, value]) => replaced.replaceAll(example, value), text);
}

function remember(example: unknown, value: unknown): void {
  if (typeof example === 'object' && example !== null) {
    for (const [name, each] of Object.entries(example)) remember(each, (value as Record<string, unknown>)?.[name]);
  } else if (value !== undefined && NAMED.test(`${example}`)) given.set(`${example}`, `${value}`);
}

/** What a server makes up: ids, names, numbers of its own; no words of the interface, and no times. */
const NAMED = /^(?=.*\d)(?!\d{4}-\d\d-\d\d).{8,}$/;

/** Fails when a list of the answer is empty that the example shows with something in it. */
function expectAsFull(example: unknown, answer: Record<string, unknown>): void {
  for (const [name, each] of Object.entries(example as object)) {
    if (Array.isArray(each) && each.length > 0) expect(answer[name], `${name} is empty`).not.toEqual([]);
  }
}

/** Fails when the answer has a status or a body that the document does not give it. */
function expectDocumented({ id }: Operation, answer: HttpsAnswer): void {
  const operation = documented.get(id);
  const declared = operation && answerAt(document, operation, answer.status);
  expect(declared, `status ${answer.status}: ${answer.text}`).toBeDefined();
  const type = `${answer.headers['content-type'] ?? ''}`.split(';')[0] as string;
  if (declared?.content === undefined) expect(answer.text).toBe('');
  else {
    expect(Object.keys(declared.content)).toContain(type);
    expect(check([...declared.pointer, 'content', type, 'schema'], answer.json()), answer.text).toBeUndefined();
  }
}

test('every route of /api/v1 is documented, and what is documented is served', () => {
  const served = routers.flatMap(({ stack }) =>
    stack.flatMap(({ methods, path }) =>
      // What answers GET answers HEAD, and nobody documents that.
      methods
        .filter((method) => method !== 'HEAD')
        .map((method) => `${method} ${`${path}`.replace(/:(\w+)/g, '{$1}')}`),
    ),
  );
  // What is missing: an Operation in a file beside the routes, listed in apiserver/rest/openapi/operations.ts.
  expect(served.toSorted()).toEqual(OPERATIONS.map(({ method, path }) => `${method.toUpperCase()} ${path}`).toSorted());
});

test('no router of the sources is missing from this server: what it serves would be compared with nothing', () => {
  const root = join(import.meta.dirname, '..', '..');
  const sources = globSync('apiserver/**/*.ts', { cwd: root }).filter((file) => !/\.test\.ts$|\/testing\//.test(file));
  const made = sources.flatMap((file) => readFileSync(join(root, file), 'utf8').match(/new Router\(/g) ?? []);
  expect(routers).toHaveLength(made.length);
});

test.each(OPERATIONS)('the example of $id is answered as it is documented', async (operation) => {
  const attempt = async (): Promise<void> => {
    const answer = await ask(operation);
    expect(answer.status, answer.text).toBeLessThan(300);
    expectDocumented(operation, answer);
    const example = operation.answers[answer.status]?.body?.example;
    if (example === undefined) return;
    expectAsFull(example, answer.json());
    remember(example, answer.json());
  };
  // What is made of the change log (groups, the index of the search) follows within about a second.
  await (operation.method === 'get' ? vi.waitFor(attempt, { timeout: 20_000, interval: 100 }) : attempt());
});

describe.each(OPERATIONS)('a failure of $id is answered as it is documented:', (operation) => {
  test('nobody is known to ask', async () => {
    const answer = await ask(operation, { client: undefined });
    expect(answer.status).toBe(401);
    expectDocumented(operation, answer);
  });

  if (operation.body) {
    test.each([
      ['no JSON', 400, { body: '{"a": ' }],
      ['another media type', 415, { body: '{}', type: 'text/yaml' }],
    ])('%s', async (_what, status, question) => {
      const answer = await ask(operation, question);
      expect([answer.status, answer.text]).toEqual([status, expect.stringContaining('error')]);
      expectDocumented(operation, answer);
    });
  }

  if (operation.body && !operation.lenient) {
    test('a member that it does not know', async () => {
      const answer = await ask(operation, { body: '{"nobodyKnowsThis": 1}' });
      expect(answer.text).toContain('nobodyKnowsThis'); // with which status: reports are answered one by one
      expectDocumented(operation, answer);
    });
  }

  if (operation.query) {
    test('a parameter that it does not know', async () => {
      const [path] = (operation.examplePath ?? operation.path).split('?');
      const answer = await ask({ ...operation, examplePath: `${path}?nobodyKnowsThis=1` });
      expect([200, 201, 400]).toContain(answer.status);
      expectDocumented(operation, answer);
    });
  }
});
