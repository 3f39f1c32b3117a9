import { expect } from 'vitest';
import { send } from '../controlplane/api-request.ts';
import { registerApiService } from '../controlplane/api-service.ts';
import { BehindService } from './behind-service.ts';
import type { Installation, ServerProcess } from './installation.ts';
import { SteadyLoad } from './steady-load.ts';

/** A rolling upgrade of two servers behind a Service, with reports, lists and watches through the aggregator all the while. */
const GROUP = '/apis/faultline.dev/v1alpha1';

export interface Rollout {
  readonly faultline: Installation;
  /** The `bin.js` of both builds; undefined: the installation's own. */
  readonly before: string | undefined;
  readonly after: string | undefined;
  /** The schema that `after` brings. */
  readonly schema: number;
  /** Half of them reports, half of them lists. */
  readonly requestsPerSecond: number;
}

export interface RolloutResult {
  /** Everything that was not answered with success. */
  readonly refused: readonly string[];
  /** Reports that met the close of an idle connection on their way (HTTP/1.1 cannot tell), and were sent again, as sinks do. */
  readonly again: readonly string[];
  /** Names of the subjects of the reports that were acknowledged. */
  readonly acknowledged: readonly string[];
  readonly lists: number;
  readonly perSecond: number;
}

export async function rollOut({
  faultline,
  before,
  after,
  schema,
  requestsPerSecond,
}: Rollout): Promise<RolloutResult> {
  const { plane } = faultline;
  const { certificatePem: caPem } = plane.servingCa;
  await using behind = await BehindService.start(faultline);
  const replica = (name: string, binary: string | undefined): Promise<ServerProcess> =>
    behind.replica({ name, args: ['--shutdown-delay=2s'], ...(binary && { binary }) });
  const old = [await replica('old-1', before), await replica('old-2', before)];
  behind.service.remove(faultline.server.port);
  // Builds from before ADR 34 are ready before they have loaded what they serve.
  for (const { port } of old) {
    const loaded = async () => (await send(`https://localhost:${port}/readyz/feed`, caPem, {})).status;
    await expect.poll(loaded, { timeout: 60_000 }).toBe(200);
  }
  await using load = new SteadyLoad(plane);
  const result = { refused: [] as string[], again: [] as string[], acknowledged: [] as string[], lists: 0 };
  load.start(requestsPerSecond, (index) => ask(load, index, result));
  await replica('new-1', after);
  const version = () => faultline.postgres?.psql('SELECT schema_version FROM meta', 'faultline');
  await expect.poll(version, { timeout: 60_000 }).toBe(String(schema));
  // Both versions on the new schema, for a while.
  const [reports, lists] = [result.acknowledged.length, result.lists];
  const both = () => result.acknowledged.length > reports + 100 && result.lists > lists + 100;
  await expect.poll(both, { timeout: 60_000 }).toBe(true);
  await behind.retire(old[0] as ServerProcess);
  const last = await replica('new-2', after);
  await behind.retire(old[1] as ServerProcess);
  const { perSecond } = await load.stop();
  // The installation's own server is the one that the Service leads to from here on.
  await registerApiService(plane, { group: 'faultline.dev', version: 'v1alpha1', port: last.port, caPem });
  return { ...result, perSecond };
}

/** Even ones report, odd ones list. */
async function ask(
  load: SteadyLoad,
  index: number,
  result: { refused: string[]; again: string[]; acknowledged: string[]; lists: number },
): Promise<void> {
  const name = `s${index}`;
  const send = () =>
    index % 2 === 0
      ? load.request('POST', `${GROUP}/namespaces/load/issuereports`, report(name))
      : load.request('GET', `${GROUP}/namespaces/load/issues?limit=50`);
  try {
    let answer = await send();
    if (index % 2 === 0 && /^error trying to reach service: EOF/.test(answer.body) && answer.status === 503) {
      result.again.push(name);
      answer = await send();
    }
    const { status, body } = answer;
    if (status >= 300) result.refused.push(`${index % 2 === 0 ? 'POST' : 'GET'} ${status} ${body.slice(0, 200)}`);
    else if (index % 2 === 0) result.acknowledged.push(name);
    else result.lists++;
  } catch (error) {
    result.refused.push(`no answer: ${String(error)}`);
  }
}

function report(name: string): object {
  const subject = { apiVersion: 'v1', kind: 'Service', namespace: 'load', name };
  const finding = { key: 'run', type: 'build', severity: 'major', reason: 'Failed', title: `${name} fails` };
  const body = { complete: true, findings: [finding] };
  return {
    ...{ apiVersion: 'faultline.dev/v1alpha1', kind: 'IssueReport' },
    spec: { source: 'load', namespace: 'load', subject, order: { class: 'received' }, body },
  };
}
