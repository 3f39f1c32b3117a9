/** `npm run bench [scenario…]`: measures, and prints one Markdown table on standard output. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Figure, figuresTable } from './harness/figure.ts';
import { machine } from './harness/machine.ts';
import { progressOn } from './harness/progress.ts';
import type { BenchContext, Scenario } from './scenario.ts';
import { scenarios } from './scenarios.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    help: { type: 'boolean', short: 'h', default: false },
    quick: { type: 'boolean', default: false },
    profile: { type: 'string' },
  },
});

process.exitCode = values.help ? help() : await bench(positionals, values);

function help(): number {
  const width = Math.max(...scenarios.map(({ name }) => name.length));
  const lines = scenarios.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  console.log(
    [
      'Usage: npm run bench -- [scenario…] [--quick] [--profile folder]',
      '',
      'Runs the scenarios (default: all) one after another and prints one table. Progress goes to standard error.',
      'Run "npm run build" first: what is measured is dist/.',
      '',
      ...lines,
      '',
      '  --quick           smaller and shorter: whether it works, not for figures',
      '  --profile folder  also write CPU profiles of the product there, which costs some speed',
    ].join('\n'),
  );
  return 0;
}

interface Flags {
  readonly quick: boolean;
  readonly profile?: string | undefined;
}

async function bench(names: readonly string[], { quick, profile }: Flags): Promise<number> {
  const unknown = names.filter((name) => !scenarios.some((scenario) => scenario.name === name));
  if (unknown.length > 0) {
    console.error(
      `error: no scenario ${unknown.join(', ')}; there are ${scenarios.map(({ name }) => name).join(', ')}`,
    );
    return 2;
  }
  const chosen = names.length === 0 ? scenarios : scenarios.filter(({ name }) => names.includes(name));
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort(new Error('interrupted')));
  const { figures, failed } = await runAll(chosen, {
    progress: progressOn(process.stderr),
    quick,
    signal: interrupted.signal,
    nodeFlags: profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${resolve(profile)}`],
  });
  console.log(`${machine()}, ${new Date().toISOString().slice(0, 10)}${quick ? ', --quick: no figures' : ''}\n`);
  console.log(figuresTable(figures));
  return failed || figures.some(({ met }) => met === false) ? 1 : 0;
}

/** A scenario that fails does not take the figures of the others with it. */
async function runAll(
  chosen: readonly Scenario[],
  context: BenchContext,
): Promise<{ figures: Figure[]; failed: boolean }> {
  const { progress, signal } = context;
  const figures: Figure[] = [];
  let failed = false;
  for (const scenario of chosen) {
    if (signal.aborted) break;
    try {
      figures.push(...(await scenario.run(context)));
    } catch (error) {
      failed = true;
      progress.note(`${scenario.name} failed: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
    }
  }
  progress.end();
  return { figures, failed };
}
