/** `node tests/clients/build.ts`: builds and caches what the client programs of the e2e tests need. */
import { goProgram, pythonInterpreter } from './assets.ts';

try {
  for (const path of [await goProgram(), await pythonInterpreter()]) console.log(path);
} catch (error) {
  console.error(`clients: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
