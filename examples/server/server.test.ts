import { once } from 'node:events';
import { createServer } from 'node:http';
import { Agent, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { expect, test, vi } from 'vitest';
import { createTestAuthority, SERVER_AUTH } from '../../apiserver/kube/access/testing/authority.ts';
import { serveShips } from './server.ts';
import { ShipLog } from './ships.ts';

/** As much of a cluster as the server asks: whom to believe, and who may (only in the namespace `north`). */
async function startCluster(clientCa: string): Promise<AsyncDisposable & { server: string }> {
  const cluster = createServer(async (asked, answer) => {
    const chunks: Buffer[] = [];
    for await (const chunk of asked) chunks.push(chunk as Buffer);
    const review = chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : undefined;
    const allowed = review?.spec.resourceAttributes?.namespace === 'north';
    answer.end(JSON.stringify(review ? { ...review, status: { allowed } } : { data: { 'client-ca-file': clientCa } }));
  });
  await once(cluster.listen(0, '127.0.0.1'), 'listening');
  return {
    server: `http://127.0.0.1:${(cluster.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => void cluster.close(),
  };
}

test('a server of one’s own, made of what faultline/apiserver exports, serves its own group to whom the cluster allows it', async () => {
  const ca = await createTestAuthority({ name: 'harbour' });
  const tls = await ca.issue({ name: 'ships', hosts: ['127.0.0.1'], usages: [SERVER_AUTH] });
  const user = await ca.issue({ name: 'ann' });
  await using cluster = await startCluster(ca.cert);
  const log = new ShipLog();
  log.arrive('north', 'aurora', 'b1');
  const quiet = () => undefined;
  const logger = { info: quiet, warn: quiet, error: quiet };
  await using server = await serveShips(log, { tls, listen: { host: '127.0.0.1', port: 0 }, logger, cluster });
  const agent = new Agent({ ca: ca.cert, cert: user.cert, key: user.key });
  const open = async (path: string) => (await once(request(`${server.url}${path}`, { agent }).end(), 'response'))[0];
  const get = async (path: string) => {
    const answer = await open(path);
    let text = '';
    for await (const chunk of answer) text += chunk;
    return { status: answer.statusCode as number, body: JSON.parse(text) };
  };
  const of = (namespace: string) => `/apis/harbour.example.dev/v1/namespaces/${namespace}/ships`;

  await vi.waitFor(async () => expect(await get(of('north'))).toMatchObject({ status: 200 }));
  const { body } = await get(`${of('north')}?fieldSelector=spec.berth=b1`);
  expect(body).toMatchObject({ kind: 'ShipList', items: [{ metadata: { name: 'aurora' }, spec: { berth: 'b1' } }] });
  expect(await get(of('south'))).toMatchObject({ status: 403, body: { kind: 'Status' } });
  const openApi = await get('/openapi/v3/apis/harbour.example.dev/v1');
  expect(openApi.body.info).toEqual({ title: 'Harbour', version: 'v1.34.0+harbour.1' });

  const watch = await open(`${of('north')}?watch=1&resourceVersion=${body.metadata.resourceVersion}`);
  const lines = createInterface({ input: watch })[Symbol.asyncIterator]();
  log.arrive('north', 'aurora', 'b2');
  log.leave('north', 'aurora');
  const events = [await lines.next(), await lines.next()].map(({ value }) => JSON.parse(value as string));
  expect(events.map(({ type, object }) => [type, object.spec.berth])).toEqual([
    ['MODIFIED', 'b2'],
    ['DELETED', 'b2'],
  ]);
  watch.destroy();
  agent.destroy();
});
