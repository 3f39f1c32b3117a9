/** `node tests/tools/build.ts`: builds and caches the tools that tests run, and says where they are. */
import { basename } from 'node:path';
import { GO_MODULES, goTool } from './go-tools.ts';

try {
  for (const module of GO_MODULES) {
    for (const path of module.packages) console.log(await goTool(module, basename(path)));
  }
} catch (error) {
  console.error(`tools: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
