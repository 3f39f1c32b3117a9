import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Figure, number } from '../harness/figure.ts';
import { interleave } from '../harness/interleave.ts';
import { median } from '../harness/statistics.ts';
import type { BenchContext, Scenario } from '../scenario.ts';

const PROCESS = join(import.meta.dirname, '../controllers/ledger-process.ts');

/** What remembering every decision (`faultline explain`) costs a look. */
export const ledger: Scenario = {
  name: 'ledger',
  summary: 'CPU of a look, from the watch to the answered report, with the ledger of `faultline explain` and without.',
  run,
};

async function run({ progress, quick, signal, nodeFlags }: BenchContext): Promise<readonly Figure[]> {
  const [objects, rounds] = quick ? ['1000', '3'] : ['5000', '6'];
  const contestant = (name: 'with' | 'without' | 'alone') => async (): Promise<number> => {
    progress.step(`ledger: ${name}`);
    const sizes = name === 'alone' ? ['5000', quick ? '20' : '100'] : [objects, rounds];
    const { stdout } = await promisify(execFile)(process.execPath, [...nodeFlags, PROCESS, name, ...sizes], { signal });
    return (JSON.parse(stdout) as { microseconds: number }).microseconds;
  };
  const all = await interleave(quick ? 1 : 3, {
    with: contestant('with'),
    without: contestant('without'),
    alone: contestant('alone'),
  });
  const [measured, against] = [median(all.with), median(all.without)];
  const scenario = 'ledger';
  return [
    {
      ...{ scenario, what: 'CPU of a look, from the watch to the answered report, with the ledger' },
      ...{ measured: `${number(measured)} µs`, against: `${number(against)} µs without`, ratio: against / measured },
    },
    { scenario, what: 'CPU of what the ledger writes down for a look', measured: `${number(median(all.alone))} µs` },
  ];
}
