import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Loaded into the controllers' process before anything else (`node --import`): SIGUSR2 puts its clock where the file `skew`
 * says (ms), collects garbage and writes what is left in memory to the file `memory`.
 */
const folder = process.env.FAULTLINE_CHAOS_PROBE ?? '.';
const RealDate = Date;
let skew = 0;

class SkewedDate extends RealDate {
  constructor(...given: ConstructorParameters<DateConstructor> | []) {
    if (given.length === 0) super(RealDate.now() + skew);
    else super(...(given as [number]));
  }
  static override now(): number {
    return RealDate.now() + skew;
  }
}
globalThis.Date = SkewedDate as DateConstructor;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

process.on('SIGUSR2', () => {
  try {
    skew = Number(readFileSync(`${folder}/skew`, 'utf8'));
  } catch {
    // Not written yet.
  }
  collect();
  const sockets = process.getActiveResourcesInfo().filter((name) => name.includes('TCP')).length;
  const { heapUsed, external } = process.memoryUsage();
  writeFileSync(
    `${folder}/memory.new`,
    JSON.stringify({ heapUsed, external, sockets, pid: process.pid, at: RealDate.now() }),
  );
  renameSync(`${folder}/memory.new`, `${folder}/memory`);
});
