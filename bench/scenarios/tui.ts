import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PER_NAMESPACE, PIECE, storeIssues } from '../data/seed.ts';
import { cpuSeconds } from '../harness/cpu-time.ts';
import { type Figure, number } from '../harness/figure.ts';
import { processMemory } from '../harness/process-memory.ts';
import { percentile } from '../harness/statistics.ts';
import { reportsOf } from '../load/plan.ts';
import { type Environment, startEnvironment } from '../product/environment.ts';
import { clientOf } from '../product/requests.ts';
import type { BenchContext, Scenario } from '../scenario.ts';
import { PseudoTerminal } from '../tui/terminal.ts';

const BINARY = join(import.meta.dirname, '../../dist/cli/bin.js');
const GOALS = { firstFrameMs: 1_000, keyMs: 50, memoryMB: 300, idle: 0.01 } as const;
const CHANGES_AT_ONCE = 10;
const EVERY_MS = 100;
/** As fast as a held key repeats. */
const KEY_EVERY_MS = 47;

/** The terminal UI through the aggregator, on a pseudo-terminal of 250 by 70. */
export const tui: Scenario = {
  name: 'tui',
  summary: '50,000 issues in the terminal UI: first frame, key to frame while 100 changes/s arrive, memory, idle CPU.',
  run,
};

async function run(context: BenchContext): Promise<readonly Figure[]> {
  const { progress, quick } = context;
  await using environment = await startEnvironment(context, quick ? 5 : 250);
  await storeIssues(context, environment, environment.namespaces);
  const total = environment.namespaces.length * PER_NAMESPACE;
  const command = `${process.execPath} ${context.nodeFlags.join(' ')} ${BINARY} ui`;
  progress.step('tui: starting');
  await using terminal = new PseudoTerminal(
    command,
    { columns: 250, rows: 70 },
    {
      ...{ KUBECONFIG: environment.plane.adminKubeconfigPath, HOME: '/nonexistent' },
    },
  );
  const firstFrameMs = (await terminal.shows((text) => /^ {3}team-/m.test(text))) - terminal.startedAt;
  const pid = await terminal.pid();
  const allMs =
    (await terminal.shows((text) => text.includes('● live') && text.includes(`1/${total}`))) - terminal.startedAt;
  progress.note(`tui: all ${number(total)} after ${number(allMs)} ms and ${number(await cpuSeconds(pid))} s of CPU`);
  const stop = new AbortController();
  const [changes, keys] = await Promise.all([
    change(environment, stop.signal),
    pressKeys(terminal, quick ? 20 : 200).finally(() => stop.abort()),
  ]);
  progress.note(`tui: ${number(changes)} changes were reported meanwhile`);
  const { residentMB, peakMB } = await processMemory(pid);
  // Memory is given back once, by us after five seconds without a key and by V8 in three collections that are eight seconds
  // apart: idle is what is then.
  await sleep(quick ? 8_000 : 35_000);
  const idle = await idleShare(pid, quick ? 2 : 20);
  progress.note(`tui: ${number((await processMemory(pid)).residentMB)} MB afterwards`);
  const p95 = percentile(keys, 95);
  return [
    figure(
      'first frame',
      `${number(firstFrameMs)} ms`,
      `≤ ${number(GOALS.firstFrameMs)} ms`,
      firstFrameMs <= GOALS.firstFrameMs,
    ),
    figure('key to frame p95, 100 changes/s', `${number(p95)} ms`, `≤ ${GOALS.keyMs} ms`, p95 <= GOALS.keyMs),
    figure(
      'resident memory under way',
      `${number(residentMB)} MB`,
      `≤ ${GOALS.memoryMB} MB`,
      residentMB <= GOALS.memoryMB,
    ),
    { scenario: 'tui', what: 'largest resident memory', measured: `${number(peakMB)} MB` },
    figure('idle CPU', `${number(idle * 100)} %`, `≤ ${GOALS.idle * 100} %`, idle <= GOALS.idle),
  ];
}

function figure(what: string, measured: string, goal: string, met: boolean): Figure {
  return { scenario: 'tui', what, measured, goal, met };
}

/** Reports a hundred changes of known failures a second until it is stopped; answers how many. */
async function change({ target, namespaces }: Environment, signal: AbortSignal): Promise<number> {
  const client = clientOf(target);
  // Subjects are known by their number among the namespaces that were filled together: among others they would be new.
  // Those that were filled last are at the top of the screen.
  const known = namespaces.slice(-PIECE);
  const subjects = known.length * PER_NAMESPACE;
  let changes = 0;
  for (let pass = 1_000; !signal.aborted; pass++) {
    const startedAt = performance.now();
    const first = (pass * CHANGES_AT_ONCE) % subjects;
    const reports = [...reportsOf({ namespaces: known, first, count: CHANGES_AT_ONCE, completedAt: Date.now(), pass })];
    const { statusCode, body } = await client.request({
      ...{ method: 'POST', path: '/api/v1/reports', body: JSON.stringify(reports) },
      headers: { 'content-type': 'application/json', ...authorizationOf(target) },
    });
    await body.dump();
    if (statusCode !== 200) throw new Error(`reporting changes: ${statusCode}`);
    changes += CHANGES_AT_ONCE;
    await sleep(Math.max(0, EVERY_MS - (performance.now() - startedAt)));
  }
  await client.destroy();
  return changes;
}

function authorizationOf({ credentials }: Environment['target']): Record<string, string> {
  return 'token' in credentials ? { authorization: `Bearer ${credentials.token}` } : {};
}

/** From each `j` to the frame whose last lines tell the line that is selected then. */
async function pressKeys(terminal: PseudoTerminal, count: number): Promise<number[]> {
  const times: number[] = [];
  const position = (): number => Number(/ (\d+)\/\d+$/m.exec(terminal.screen.text())?.[1] ?? 0);
  for (let key = 0; key < count; key++) {
    const before = position();
    const at = performance.now();
    terminal.press('j');
    // A change above the selection moves it, too, but never by one key's answer alone: more is as good.
    times.push((await terminal.shows(() => position() > before)) - at);
    await sleep(KEY_EVERY_MS);
  }
  return times;
}

/** Share of one core. */
async function idleShare(pid: number, seconds: number): Promise<number> {
  const before = await cpuSeconds(pid);
  await sleep(seconds * 1_000);
  return ((await cpuSeconds(pid)) - before) / seconds;
}
