import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { countRequests, readRequests } from './request-log.ts';

const path = '/apis/faultline.dev/v1alpha1/issues';

async function counted(events: object[]): Promise<ReturnType<typeof countRequests>> {
  const dir = await mkdtemp(join(tmpdir(), 'audit-'));
  const file = join(dir, 'audit.log');
  await writeFile(file, events.map((event) => `${JSON.stringify({ userAgent: 'me', ...event })}\n`).join(''));
  const requests = await readRequests(file);
  await rm(dir, { recursive: true });
  return countRequests(requests, (agent) => agent === 'me');
}

const list = (auditID: string, query: string, code: number): object[] => [
  { auditID, stage: 'RequestReceived', verb: 'list', requestURI: `${path}?${query}` },
  { auditID, stage: 'ResponseComplete', verb: 'list', requestURI: `${path}?${query}`, responseStatus: { code } },
];

test('pages are one list, and a refused list is none', async () => {
  const events = [...list('1', 'limit=2', 200), ...list('2', 'limit=2&continue=x', 200), ...list('3', '', 503)];
  expect(await counted(events)).toMatchObject({ lists: 1, watches: 0, refused: 1 });
});

test('a watch that sends the initial events is a list, and stays one when its stream breaks later', async () => {
  const watch = { auditID: '1', verb: 'watch', requestURI: `${path}?watch=1&sendInitialEvents=true&resourceVersion=5` };
  const events = [
    { ...watch, stage: 'ResponseStarted', responseStatus: { code: 200 } },
    { ...watch, stage: 'Panic', responseStatus: { code: 500 } },
  ];
  expect(await counted(events)).toEqual({
    ...{ lists: 1, watches: 1, refused: 0, bookmarks: false },
    sends: ['watch resourceVersion=N sendInitialEvents=true'],
  });
});

test('requests of others are not counted', async () => {
  expect(await counted(list('1', '', 200).map((event) => ({ ...event, userAgent: 'other' })))).toMatchObject({
    lists: 0,
    sends: [],
  });
});
