import { expect, test } from 'vitest';
import { TestServer } from '../server/testing/test-server.ts';
import { PROCESS_PAGES } from './debug.ts';

test('the pages are there for whom each path is allowed, and for nobody else', async () => {
  await using server = await TestServer.start({
    server: { debug: { ...PROCESS_PAGES, queues: () => ({ waiting: 3 }) } },
  });
  const [admin, user] = await Promise.all([server.admin(), server.user('jane')]);
  const ask = async (path: string, client?: typeof admin) => server.ask(path, { ...(client && { client }) });
  expect((await ask('/debug', admin)).json()).toEqual({
    pages: ['/debug/heap', '/debug/process', '/debug/queues'],
  });
  expect((await ask('/debug/queues', admin)).json()).toEqual({ waiting: 3 });
  expect((await ask('/debug/heap', admin)).json()).toMatchObject({ heap: { heap_size_limit: expect.any(Number) } });
  expect((await ask('/debug/process', admin)).json()).toMatchObject({ node: process.version });
  expect((await ask('/debug/nothing', admin)).status).toBe(404);
  for (const path of ['/debug', '/debug/heap', '/debug/nothing']) {
    expect((await ask(path, user)).status).toBe(403);
    expect((await ask(path)).status).toBe(403);
  }
});

test('without pages nothing is there', async () => {
  await using server = await TestServer.start();
  expect((await server.ask('/debug/heap', { client: await server.admin() })).status).toBe(404);
});
