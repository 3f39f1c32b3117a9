import { startInstallation } from '../../tests/faults/installation.ts';
import type { Server } from '../../tests/faults/server.ts';
import { type Figure, number } from '../harness/figure.ts';
import { median } from '../harness/statistics.ts';
import type { BenchContext, Scenario } from '../scenario.ts';

const KEYS = 200;
/** Callers of each replica, each of which sends every key once. */
const CALLERS = 16;

/** The same failure from everybody at once: Kite made up to two issues of it. */
export const storm: Scenario = {
  name: 'storm',
  summary: `${KEYS} keys from ${CALLERS} callers at once on each of two replicas: exactly ${KEYS} issues, and how fast.`,
  run,
};

async function run(context: BenchContext): Promise<readonly Figure[]> {
  await using installation = await startInstallation();
  const rates: number[] = [];
  const counts: number[] = [];
  for (let repetition = 0; repetition <= (context.quick ? 1 : 5); repetition++) {
    context.signal.throwIfAborted();
    context.progress.step(`storm ${repetition}`);
    const namespace = `storm-${repetition}`;
    const startedAt = performance.now();
    const callers = installation.servers.flatMap((server) => Array.from({ length: CALLERS }, () => server));
    await Promise.all(callers.map((server) => sendAll(server, namespace)));
    const seconds = (performance.now() - startedAt) / 1_000;
    counts.push(
      Number(await installation.database.query(`SELECT count(*) FROM issues WHERE namespace = '${namespace}'`)),
    );
    // The first one warms up.
    if (repetition > 0) rates.push((callers.length * KEYS) / seconds);
    context.progress.note(
      `storm ${repetition}: ${number((callers.length * KEYS) / seconds)} reports/s, ${counts.at(-1)} issues`,
    );
  }
  const exact = counts.every((count) => count === KEYS);
  return [
    {
      scenario: 'storm',
      what: `${KEYS} keys × ${CALLERS} callers × 2 replicas, one report a request`,
      measured: `${[...new Set(counts)].join(', ')} issues, ${number(median(rates))} reports/s`,
      goal: `exactly ${KEYS} issues`,
      met: exact,
    },
  ];
}

async function sendAll(server: Server, namespace: string): Promise<void> {
  for (let key = 0; key < KEYS; key++) {
    const { status, text } = await server.post('/api/v1/reports', {
      source: 'storm',
      namespace,
      subject: { apiVersion: 'v1', kind: 'Pod', namespace, name: `key-${key}` },
      order: { class: 'received' },
      body: {
        complete: true,
        findings: [{ key: 'run', type: 'build', severity: 'major', reason: 'Failed', title: `${key} failed` }],
      },
    });
    if (status !== 200 || !text.includes('"status":200')) throw new Error(`a report was answered ${status}: ${text}`);
  }
}
