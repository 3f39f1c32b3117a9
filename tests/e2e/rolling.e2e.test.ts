import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ApiResponse } from '../controlplane/api-request.ts';
import type { Child } from '../controlplane/child.ts';
import { freePort } from '../controlplane/ports.ts';
import { BehindService } from './behind-service.ts';
import { embedded, type Installation, install, type ServerProcess } from './installation.ts';
import { at, createRun } from './pipelineruns.ts';
import { RawWatch } from './raw-watch.ts';

/**
 * A rolling restart behind a Service (X2): two replicas are replaced one after the other while clients write, read and
 * watch through the aggregator, and none of them is told anything but success.
 */
const GROUP = '/apis/faultline.dev/v1alpha1';
let faultline: Installation;
let behind: BehindService;

beforeAll(async () => {
  faultline = await install({ namespaces: ['load'] });
  behind = await BehindService.start(faultline);
});
afterAll(async () => {
  await behind?.[Symbol.asyncDispose]();
  await faultline?.[Symbol.asyncDispose]();
});

/** The servers behind the Service, the oldest first. */
const serving: ServerProcess[] = [];
const forget = (one: ServerProcess): void => {
  behind.service.remove(one.port);
  serving.splice(serving.indexOf(one), 1);
};
const replica = async (name: string): Promise<ServerProcess> => {
  const started = await behind.replica({ name, args: ['--shutdown-delay=3s'] });
  serving.push(started);
  return started;
};
const retire = async (one: ServerProcess): Promise<void> => {
  await behind.retire(one);
  forget(one);
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
    behind.service.remove(faultline.server.port);
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
    const watches = Array.from({ length: 4 }, () => follow(start, ['a', 'b', 'c'], stop.signal));

    await createRun(plane, { name: 'a-1', namespace: 'load', component: 'a' }, { succeeded: false, at: at(0) });
    const third = await replica('replica-3');
    await retire(first);
    await createRun(plane, { name: 'b-1', namespace: 'load', component: 'b' }, { succeeded: false, at: at(0) });
    await replica('replica-4');
    await retire(second);
    expect(behind.service.isReady(third.port)).toBe(true);
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

  test('with three servers and two controllers, as the overlay ha has it: one of each is lost and one server drained', async () => {
    const { plane } = faultline;
    await faultline.stopControllers();
    // replica-3 and replica-4 are what the restart left; with the fifth there are three.
    await replica('replica-5');
    await faultline.stopServer();
    const [lost, drained] = [serving[0], serving[1]] as [ServerProcess, ServerProcess];
    const leaders = [await elected('controllers-a'), await elected('controllers-b')];
    await expect.poll(async () => (await roles(leaders)).sort(), { timeout: 60_000 }).toEqual(['leading', 'standby']);

    const stop = new AbortController();
    const failed: string[] = [];
    let answered = 0;
    const read = async (path: string): Promise<void> => {
      while (!stop.signal.aborted) {
        const { status, body } = await readAsReflector(path);
        if (status !== 200) failed.push(`${status} ${body.slice(0, 200)}`);
        answered++;
      }
    };
    const list = JSON.parse((await plane.request(`${GROUP}/issues`)).body) as { metadata: { resourceVersion: string } };
    const watches = Array.from({ length: 6 }, () =>
      follow(list.metadata.resourceVersion, ['d', 'e', 'f'], stop.signal, 'servers may be lost'),
    );
    const reading = ['issues', 'issues?limit=1', 'issues?resourceVersion=0'].map((path) =>
      read(`${GROUP}/namespaces/load/${path}`),
    );
    const fail = (component: string) =>
      createRun(plane, { name: `${component}-1`, namespace: 'load', component }, { succeeded: false, at: at(0) });
    const reported = (component: string) =>
      faultline.until('load', (issues) => issues.some(({ spec }) => spec.subject.name === component));

    await lost.child.stop('SIGKILL');
    forget(lost);
    await fail('d');
    await reported('d');
    // The leader's pod is drained: it hands over, and its successor reports what fails from then on.
    const [leading] = (await roles(leaders))[0] === 'leading' ? leaders : leaders.toReversed();
    await leading?.child.stop('SIGTERM', 30_000);
    expect(leading?.child.ended).toBe('code 0');
    await fail('e');
    await reported('e');
    await retire(drained);
    await fail('f');
    await reported('f');
    await Promise.all(watches.map(({ sawAll }) => sawAll));
    stop.abort();
    await Promise.all(reading);
    expect(failed).toEqual([]);
    expect(answered).toBeGreaterThan(50);
    for (const { seen, refusals } of watches) {
      expect(refusals).toEqual([]);
      expect(seen).toEqual(['ADDED d', 'ADDED e', 'ADDED f']);
    }
  }, 300_000);
});

interface Elected {
  readonly child: Child;
  readonly metrics: string;
}

/** Controllers that report through the Service, of which one leads. */
async function elected(name: string): Promise<Elected> {
  const config = join(faultline.dir, 'elected.yaml');
  await writeFile(config, CONFIGURATION);
  const metrics = `127.0.0.1:${await freePort()}`;
  const flags = [
    `--server=https://localhost:${behind.service.port}`,
    `--config=${config}`,
    `--metrics-listen=${metrics}`,
  ];
  const election = ['--leader-elect-namespace=faultline-system'];
  return { child: await faultline.startMoreControllers(name, [...flags, ...election]), metrics };
}

const CONFIGURATION = `apiVersion: config.faultline.dev/v1alpha1
kind: FaultlineConfiguration
leaderElection: {enabled: true, leaseDuration: 4s, renewDeadline: 3s, retryPeriod: 400ms}
controllers:
  - {use: tekton/pipelinerun}
`;

/** `leading`, `standby`, or what is known of one that is neither yet. */
async function roles(all: readonly Elected[]): Promise<string[]> {
  return await Promise.all(
    all.map(async ({ metrics }) => {
      const answer = await fetch(`http://${metrics}/readyz/leadership?verbose`).catch(() => undefined);
      return /\((leading|standby)/.exec((await answer?.text()) ?? '')?.[1] ?? 'away';
    }),
  );
}

/**
 * A list as client-go's reflectors ask for it: what the aggregator answers while a server is being lost (503, no Retry-After)
 * they ask again with a backoff that begins at 800 ms; here five times, from 100 ms on.
 */
async function readAsReflector(path: string): Promise<ApiResponse> {
  for (let attempt = 0; ; attempt++) {
    const answer = await faultline.plane.request(path, { timeoutMs: 30_000 });
    if ((answer.status !== 503 && answer.status !== 429) || attempt === 5) return answer;
    await sleep(100 * 2 ** attempt);
  }
}

/** Watches from `start` and, whenever that ends, from where it was; never lists. Until all of `names` were seen. */
function follow(
  start: string,
  names: readonly string[],
  until: AbortSignal,
  servers: 'stop gently' | 'servers may be lost' = 'stop gently',
) {
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
      // The aggregator reached a server that was just lost: reflectors ask again.
      if (watch.status === 503 && servers === 'servers may be lost') {
        await sleep(200);
        continue;
      }
      if (watch.status !== 200) throw new Error(`a watch was answered ${watch.status}`);
      for await (const { type, object } of watch) {
        if (type === 'ERROR') refusals.push(JSON.stringify(object));
        position = object.metadata.resourceVersion;
        if (type !== 'BOOKMARK') seen.push(`${type} ${object.spec.subject.name}`);
        if (seen.length === names.length) return resolve();
      }
    }
  };
  void run().catch((error: unknown) => {
    refusals.push(String(error));
    resolve();
  });
  return { seen, refusals, sawAll };
}
