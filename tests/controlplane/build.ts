/** `npm run controlplane`: builds and caches the test control plane, or says where it already is. */
import { parseArgs } from 'node:util';
import { binaryNames, findBinaries, requiredBinaries } from './assets.ts';

const { values } = parseArgs({ options: { all: { type: 'boolean', default: false } } });

try {
  const paths = await findBinaries(values.all ? binaryNames : requiredBinaries);
  for (const path of Object.values(paths)) console.log(path);
} catch (error) {
  console.error(`controlplane: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
