import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import { expect, test } from 'vitest';
import type { ExplanationPoll } from '../../crds/explanation.ts';
import type { Caller, Permission } from '../ingest/ports.ts';
import { explanationRoutes } from './explanations.ts';

/** What a process is connected with whose user may lead `pods` in these namespaces (`*`: everywhere). */
async function connectedWith(granted: readonly string[], namespaces: readonly string[]): Promise<unknown> {
  const polls: Required<ExplanationPoll>[] = [];
  const mayLead = (_: Caller, about: { readonly namespaces: readonly string[] }): Permission =>
    granted.includes('*') || about.namespaces.every((namespace) => granted.includes(namespace))
      ? { allowed: true }
      : { allowed: false, reason: 'no' };
  const routes = explanationRoutes({
    access: { mayReport: () => ({ allowed: false, reason: 'no' }), mayLead },
    explanations: {
      full: false,
      ask: () => Promise.reject(new Error('not asked')),
      poll: async (_, poll) => {
        polls.push(poll);
        return { questions: [] };
      },
      [Symbol.dispose]() {},
    },
  });
  const app = new Koa().use((ctx, next) => {
    ctx.state.user = { name: 'u', groups: [] };
    return next();
  });
  app.silent = true;
  app.use(routes);
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    await fetch(`http://127.0.0.1:${port}/api/v1/explanations/next`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ process: 'p', sources: [{ name: 'pods', namespaces }] }),
    }).then((answer) => answer.arrayBuffer());
    return polls[0]?.sources;
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('a process is asked where its right was checked, and everywhere with the right for the cluster', async () => {
  expect(await connectedWith(['a', 'b'], ['a'])).toEqual([{ name: 'pods', namespaces: ['a'] }]);
  expect(await connectedWith(['*'], ['a'])).toEqual([{ name: 'pods', namespaces: ['*'] }]);
  expect(await connectedWith(['a'], ['a', 'b'])).toBeUndefined();
  expect(await connectedWith(['a'], ['*'])).toBeUndefined();
});
