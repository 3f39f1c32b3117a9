import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { kubectl } from '../../tests/controlplane/kubectl.ts';
import { PER_NAMESPACE, storeIssues } from '../data/seed.ts';
import { type Figure, number } from '../harness/figure.ts';
import { interleave } from '../harness/interleave.ts';
import { median } from '../harness/statistics.ts';
import { startEnvironment } from '../product/environment.ts';
import type { BenchContext, Scenario } from '../scenario.ts';

const HELP_MS = 120;
const GET_MS = 400;
const GET_RATIO = 0.2;
const RSS_MB = 120;

/** What somebody waits for who types a command: the whole process, from its start to its end. */
export const cli: Scenario = {
  name: 'cli',
  summary: 'faultline --help, and faultline get -A of 10,000 issues beside kubectl get of the same.',
  run,
};

async function run(context: BenchContext): Promise<readonly Figure[]> {
  const repetitions = context.quick ? 1 : 15;
  await using environment = await startEnvironment(context, context.quick ? 5 : 50);
  const { plane, namespaces } = environment;
  await storeIssues(context, environment, namespaces);
  const lines = namespaces.length * PER_NAMESPACE + 1;
  const kubeconfig = plane.adminKubeconfigPath;
  const get = ['get', '-A', `--kubeconfig=${kubeconfig}`];
  const times = await interleave(
    repetitions,
    {
      help: () => timed(context, ['--help'], 10),
      get: () => timed(context, get, lines),
      kubectl: () => timedKubectl(kubeconfig, lines),
    },
    (name, repetition, ms) => context.progress.note(`cli: ${name} ${repetition}: ${number(ms)} ms`),
  );
  const [help, ours, theirs] = [median(times.help), median(times.get), median(times.kubectl)];
  const rss = Math.max(await peakMB(context, get), await peakMB(context, ['--help']));
  const rows = number(lines - 1);
  return [
    figure('faultline --help, the whole process', `${number(help)} ms`, `≤ ${HELP_MS} ms`, help <= HELP_MS),
    figure(`faultline get -A: ${rows} issues`, `${number(ours)} ms`, `≤ ${GET_MS} ms`, ours <= GET_MS),
    {
      ...figure(
        `faultline get -A beside kubectl get issues -A: ${rows} issues`,
        `${number(ours)} ms`,
        `≤ ${GET_RATIO} × the time`,
        ours / theirs <= GET_RATIO,
      ),
      against: `kubectl ${number(theirs)} ms`,
      ratio: theirs / ours,
    },
    figure(
      `faultline get -A, ${rows} issues: memory at its peak`,
      `${number(rss)} MB`,
      `≤ ${RSS_MB} MB`,
      rss <= RSS_MB,
    ),
  ];
}

function figure(what: string, measured: string, goal: string, met: boolean): Figure {
  return { scenario: 'cli', what, measured, goal, met };
}

const BIN = join(import.meta.dirname, '../../dist/cli/bin.js');

/** ms until the process has ended. */
async function timed(context: BenchContext, args: readonly string[], atLeast: number): Promise<number> {
  const startedAt = performance.now();
  const { out, err } = await faultline(context, args, {});
  const ms = performance.now() - startedAt;
  const printed = out.split('\n').length - 1;
  if (printed < atLeast) throw new Error(`faultline ${args.join(' ')}: ${printed} lines, not ${atLeast}: ${err}`);
  return ms;
}

async function timedKubectl(kubeconfig: string, lines: number): Promise<number> {
  const startedAt = performance.now();
  const { code, stdout, stderr } = await kubectl(['get', 'issues.faultline.dev', '-A'], { kubeconfig });
  const ms = performance.now() - startedAt;
  const printed = stdout.split('\n').length - 1;
  if (code !== 0 || printed !== lines) throw new Error(`kubectl: ${printed} lines, not ${lines}: ${stderr}`);
  return ms;
}

/** What the kernel says at the end of the process, in a run of its own: asking costs time. */
const TELLS = `process.on('exit', () => process.stderr.write('peak ' + process.resourceUsage().maxRSS + ' KiB'))`;

async function peakMB(context: BenchContext, args: readonly string[]): Promise<number> {
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(TELLS)}`;
  const { err } = await faultline(context, args, { NODE_OPTIONS });
  const kib = /peak (\d+) KiB/.exec(err)?.[1];
  if (kib === undefined) throw new Error(`faultline ${args.join(' ')} does not say its peak: ${err}`);
  return (Number(kib) * 1_024) / 1_000_000;
}

async function faultline(
  { nodeFlags, signal }: BenchContext,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ out: string; err: string }> {
  const child = spawn(process.execPath, [...nodeFlags, BIN, ...args], {
    ...{ signal, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { out, err };
}
