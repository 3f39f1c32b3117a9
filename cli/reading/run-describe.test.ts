import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Asker } from './ask.ts';
import { descriptionLines } from './describe-lines.ts';
import { describeOne } from './run-describe.ts';

const AT = '2026-11-20T10:00:00Z';
const issue = (name: string) => ({
  ...{ kind: 'Issue', apiVersion: 'faultline.dev/v1alpha1' },
  metadata: { name, namespace: 'shop', labels: { 'faultline.dev/application': 'shop' } },
  spec: {
    title: `${name} fails`,
    severity: 'minor',
    subject: { apiVersion: 'appstudio.redhat.com/v1alpha1', kind: 'ReleasePlan', name },
  },
  status: { state: 'Active', openedAt: AT },
});
let more: string;
/** A namespace of twenty issues to a page, and of `more`. */
const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://it');
  const [, name, what] = /\/issues(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(pathname) ?? [];
  const body = () => {
    if (what === 'timeline') return { status: { complete: true, events: [] } };
    if (what !== undefined) return undefined;
    if (name !== undefined) return issue(name);
    const page = searchParams.has('continue') ? '' : more;
    return {
      ...{ kind: 'IssueList', metadata: { resourceVersion: '7', continue: page } },
      items: Array.from({ length: 20 }, (_, index) => issue(`other-${index}`)),
    };
  };
  const answer = body() ?? { kind: 'Status', code: 404, message: 'none', details: { name } };
  response.setHeader('warning', `299 - "issues as of ${AT}, by what is known now"`);
  response.writeHead('code' in answer ? 404 : 200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(answer));
});
beforeAll(() => new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening)));
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

it.each([
  ['there was more then than is read', 'next', 'and more than 10 more', true],
  ['all of then was read', '', 'and 10 more', false],
])('%s: it says so', async (_, next, others, isSaid) => {
  more = next;
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await using asker = new Asker({ server: url, name: 'it', headers: async () => ({}) }, new AbortController().signal);
  const lines = descriptionLines(await describeOne(asker, 'shop', 'one', AT), Date.parse(AT));
  expect(lines.at(-1)).toBe(`  ${others}`);
  const said = '  Causes were looked for among the first 20 issues; there were more.';
  expect(lines.includes(said)).toBe(isSaid);
});
