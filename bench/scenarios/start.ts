import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from '../../tests/controlplane/child.ts';
import { kubectl } from '../../tests/controlplane/kubectl.ts';
import { freePort } from '../../tests/controlplane/ports.ts';
import { type Figure, number } from '../harness/figure.ts';
import { interleave } from '../harness/interleave.ts';
import { median, spread } from '../harness/statistics.ts';
import type { BenchContext, Scenario } from '../scenario.ts';

const GOAL_SECONDS = 5;

/** How long a user waits for the first answer, with nothing there and after a restart. */
export const start: Scenario = {
  name: 'start',
  summary: 'Start of faultline up on the example cluster to the first answer of kubectl get issues.',
  run,
};

async function run(context: BenchContext): Promise<readonly Figure[]> {
  const dir = await mkdtemp(join(tmpdir(), 'faultline-start-'));
  const ready: Record<'cold' | 'restart', number[]> = { cold: [], restart: [] };
  const contestant = (kind: 'cold' | 'restart') => async (repetition: number) => {
    // The first restart finds nothing and is the one that is not counted. Every kubectl has an empty discovery cache.
    const state = join(dir, kind === 'cold' ? `cold-${repetition}` : 'restarted');
    const taken = await firstAnswer(state, join(dir, `home-${kind}-${repetition}`), context.nodeFlags);
    if (repetition > 0) ready[kind].push(taken.ready);
    return taken.answered;
  };
  try {
    const times = await interleave(
      context.quick ? 1 : 7,
      { cold: contestant('cold'), restart: contestant('restart') },
      (name, repetition, seconds) => context.progress.note(`start: ${name} ${repetition}: ${number(seconds)} s`),
    );
    return (['cold', 'restart'] as const).map((kind) => {
      const seconds = median(times[kind]);
      const { min, max } = spread(times[kind]);
      return {
        scenario: 'start',
        what: `${kind === 'cold' ? 'empty state folder' : 'restart on its state'} to the answer of kubectl (ready after ${number(median(ready[kind]))} s)`,
        measured: `${number(seconds)} s (${number(min)}–${number(max)} s)`,
        goal: `≤ ${GOAL_SECONDS} s`,
        met: seconds <= GOAL_SECONDS,
      };
    });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Seconds from the start of the process until it says that it is ready, and until kubectl has printed the issues. */
async function firstAnswer(
  state: string,
  home: string,
  nodeFlags: readonly string[],
): Promise<{ ready: number; answered: number }> {
  const port = await freePort();
  const logPath = `${state}.log`;
  const kubeconfig = join(state, 'kubeconfig');
  await rm(logPath, { force: true });
  const startedAt = performance.now();
  const seconds = (): number => (performance.now() - startedAt) / 1_000;
  await using server = await Child.start({
    name: 'faultline up',
    command: process.execPath,
    args: [
      ...nodeFlags,
      join(import.meta.dirname, '../../dist/cli/bin.js'),
      'up',
      `--state-dir=${state}`,
      `--listen=127.0.0.1:${port}`,
    ],
    logPath,
  });
  // Its last line is the next command; a user types it then.
  await server.until('ready', async () => /kubectl .*get issues/.test(await readFile(logPath, 'utf8')), 60_000);
  const ready = seconds();
  const { stdout, stderr, code } = await kubectl(['get', 'issues', '-A', '--no-headers'], { kubeconfig, home });
  const answered = seconds();
  if (code !== 0 || stdout.trim() === '') throw new Error(`kubectl get issues: exit code ${code}: ${stdout}${stderr}`);
  await server.stop('SIGINT');
  return { ready, answered };
}
