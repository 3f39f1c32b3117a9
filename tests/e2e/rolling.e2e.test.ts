import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { registerApiService } from '../controlplane/api-service.ts';
import { embedded, type Installation, install, type ServerProcess } from './installation.ts';
import { at, createRun } from './pipelineruns.ts';
import { RawWatch } from './raw-watch.ts';
import { TcpService } from './tcp-service.ts';

/**
 * A rolling restart behind a Service (X2): two replicas are replaced one after the other while clients write, read and
 * watch through the aggregator, and none of them is told anything but success.
 */
const GROUP = '/apis/faultline.dev/v1alpha1';
let faultline: Installation;
let service: TcpService;

beforeAll(async () => {
  faultline = await install({ namespaces: ['load'] });
  service = await TcpService.start(faultline.plane.servingCa.certificatePem);
  const { certificatePem: caPem } = faultline.plane.servingCa;
  service.add(faultline.server.port); // until the replicas are there
  await registerApiService(faultline.plane, { group: 'faultline.dev', version: 'v1alpha1', port: service.port, caPem });
});
afterAll(async () => {
  await service?.[Symbol.asyncDispose]();
  await faultline?.[Symbol.asyncDispose]();
});

const replica = async (name: string): Promise<ServerProcess> => {
  const started = await faultline.startReplica({ name, args: ['--shutdown-delay=3s'] });
  service.add(started.port);
  return started;
};
const retire = async ({ child, port }: ServerProcess): Promise<void> => {
  await child.stop('SIGTERM', 60_000);
  service.remove(port);
  expect(child.ended).toBe('code 0');
};

function report(index: number): object {
  return {
    apiVersion: 'faultline.dev/v1alpha1',
    kind: 'IssueReport',
    spec: {
      source: 'load',
      namespace: 'load',
      subject: { apiVersion: 'v1', kind: 'Service', namespace: 'load', name: `s${index % 50}` },
      order: { class: 'received' },
      body: { complete: true, findings: [] },
    },
  };
}

describe.skipIf(embedded)('a rolling restart (PostgreSQL only: PGlite belongs to one process)', () => {
  test('X2 fails no POST and no GET, and every watch resumes where it was', async () => {
    const { plane } = faultline;
    const [first, second] = [await replica('replica-1'), await replica('replica-2')];
    service.remove(faultline.server.port);
    const stop = new AbortController();
    const refused: string[] = [];
    let answered = 0;
    const load = async (method: 'GET' | 'POST', path: string): Promise<void> => {
      for (let index = 0; !stop.signal.aborted; index++) {
        const options = method === 'POST' ? { method, body: report(index) } : {};
        const { status, body } = await plane.request(path, { ...options, timeoutMs: 30_000 });
        if (status >= 300) refused.push(`${method} ${status} ${body.slice(0, 200)}`);
        answered++;
      }
    };
    const lists = await plane.request(`${GROUP}/issues`);
    const start = (JSON.parse(lists.body) as { metadata: { resourceVersion: string } }).metadata.resourceVersion;
    const running = [
      ...Array.from({ length: 3 }, () => load('POST', `${GROUP}/namespaces/load/issuereports`)),
      ...Array.from({ length: 2 }, () => load('GET', `${GROUP}/namespaces/load/issues`)),
    ];
    const watches = Array.from({ length: 4 }, () => follow(start, stop.signal));

    await createRun(plane, { name: 'a-1', namespace: 'load', component: 'a' }, { succeeded: false, at: at(0) });
    const third = await replica('replica-3');
    await retire(first);
    await createRun(plane, { name: 'b-1', namespace: 'load', component: 'b' }, { succeeded: false, at: at(0) });
    await replica('replica-4');
    await retire(second);
    expect(service.isReady(third.port)).toBe(true);
    await createRun(plane, { name: 'c-1', namespace: 'load', component: 'c' }, { succeeded: false, at: at(0) });
    await faultline.until('load', (issues) => issues.length === 3);
    await Promise.all(watches.map(({ sawAll }) => sawAll));
    stop.abort();
    await Promise.all(running);
    // HTTP/1.1 has no word for "I close this idle connection": on a starved machine a POST may meet the close on its way,
    // and the aggregator does not repeat it. Nothing that reached a server was refused.
    const met = refused.filter((text) => /^POST 503 error trying to reach service: EOF/.test(text));
    expect(met.length).toBeLessThanOrEqual(1);
    expect(refused).toEqual(met);
    expect(answered).toBeGreaterThan(100);
    for (const { seen, refusals } of watches) {
      expect(refusals).toEqual([]); // first: it says why something was not seen
      expect(seen).toEqual(['ADDED a', 'ADDED b', 'ADDED c']);
    }
  }, 300_000);
});

/** Watches from `start` and, whenever that ends, from where it was; never lists. */
function follow(start: string, until: AbortSignal) {
  const [seen, refusals]: [string[], string[]] = [[], []];
  const { promise: sawAll, resolve } = Promise.withResolvers<void>();
  const run = async (): Promise<void> => {
    for (let position = start; !until.aborted; ) {
      const query = `watch=true&resourceVersion=${position}&allowWatchBookmarks=true&timeoutSeconds=300`;
      await using watch = await RawWatch.open(faultline.plane, `${GROUP}/namespaces/load/issues?${query}`);
      // Over a connection to the replica that stops: client-go asks again, and by then it is another one that answers.
      if (watch.retryAfter !== undefined) {
        await sleep(watch.retryAfter * 1_000);
        continue;
      }
      if (watch.status !== 200) throw new Error(`a watch was answered ${watch.status}`);
      for await (const { type, object } of watch) {
        if (type === 'ERROR') refusals.push(JSON.stringify(object));
        position = object.metadata.resourceVersion;
        if (type !== 'BOOKMARK') seen.push(`${type} ${object.spec.subject.name}`);
        if (seen.length === 3) return resolve();
      }
    }
  };
  void run().catch((error: unknown) => {
    refusals.push(String(error));
    resolve();
  });
  return { seen, refusals, sawAll };
}
