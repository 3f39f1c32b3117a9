import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Issued } from '../../apiserver/kube/access/testing/authority.ts';
import { httpsRequest } from '../../apiserver/kube/access/testing/https-request.ts';
import type { Backend } from './backend.ts';
import { type ExampleBackend, exampleBackend } from './testing/example-backend.ts';

/** What pages ask a server for, sent to one: docs/receivers.md has a test of its own, and docs/api.md. */
const PAGES = ['evidence', 'groups', 'history', 'lifecycle', 'related', 'search'];
const page = (name: string): string => readFileSync(join(import.meta.dirname, `../../docs/${name}.md`), 'utf8');

const DAY = 24 * 3_600_000;
/** Examples with words and a stage that nothing of what is reported here has. */
const MAY_BE_EMPTY = [
  '/api/v1/search?q=certificate+expired',
  '/api/v1/search?state=Active&severity=critical,major&stage=releasable&sort=-lastSeenAt',
  '/api/v1/search?q=deadlock&evidence=true&namespace=shop&openedSince=7d',
  '/apis/faultline.dev/v1alpha1/namespaces/shop/issues?search=certificate',
];
/** What stands for itself in an example. */
const known = new Map<RegExp, string>();
const ISSUE = /\b(?:component|releaseplan)-[a-z-]+-[a-z2-7]{8}\b/;

let example: ExampleBackend;
let backend: Backend;
let ca: string;
let admin: Issued;

beforeAll(async () => {
  example = await exampleBackend('docs');
  ({ backend, ca, admin } = example);
});
afterAll(() => example[Symbol.asyncDispose]());

async function get(path: string) {
  const { status, text } = await httpsRequest(`${backend.url}${path}`, { ca, client: admin });
  return { status, body: JSON.parse(text) };
}

test.each(['groups', 'evidence'])('the report of docs/%s.md is taken', async (name) => {
  const [, json = ''] = /\/api\/v1\/reports"? -H 'Content-Type: application\/json' -d '([^']+)'/.exec(page(name)) ?? [];
  // As of some days ago, because the pages look back.
  const body = JSON.stringify({ ...JSON.parse(json), observedAt: new Date(Date.now() - 3 * DAY).toISOString() });
  const headers = { 'Content-Type': 'application/json' };
  const sent = { ca, client: admin, method: 'POST', headers, body };
  const { text } = await httpsRequest(`${backend.url}/api/v1/reports`, sent);
  const { issue } = JSON.parse(text).results[0].decisions[0];
  known.set(ISSUE, issue.name);
});

test('what was reported is found, and grouped', { timeout: 30_000 }, async () => {
  const issue = known.get(ISSUE) as string;
  known.set(/\$ID\b/, (await get(`/api/v1/issues/shop/${issue}/related`)).body.issue.id);
  await vi.waitFor(
    async () => {
      const [group] = (await get('/api/v1/groups')).body.items;
      known.set(/\bNAME\b/, group.name);
    },
    { timeout: 25_000 },
  );
  known.set(/(?<=asOf=)\d{4}-[\dT:-]+Z/, new Date(Date.now() - DAY).toISOString());
});

const examples = PAGES.flatMap((name) =>
  page(name)
    .split('\n')
    .filter((line) => !/ -X | -d /.test(line))
    .flatMap((line) => /(?:--raw '?|\$FAULTLINE|https:\/\/[^/\s]+)(\/apis?\/[^\s'"]+)/.exec(line)?.[1] ?? [])
    .map((path): [string, string] => [name, path]),
);

test('there are examples', () => {
  expect(new Set(examples.map(([name]) => name))).toEqual(new Set(PAGES));
  expect(examples.map(([, path]) => path)).toEqual(expect.arrayContaining(MAY_BE_EMPTY));
});

test.each(examples)('docs/%s.md: GET %s is answered', async (_name, path) => {
  const asked = [...known].reduce((text, [pattern, value]) => text.replace(pattern, value), path);
  const { status, body } = await get(asked);
  expect(status, body.message ?? body.error).toBe(200);
  if (body.items && !MAY_BE_EMPTY.includes(path)) expect(body.items).not.toEqual([]);
});
