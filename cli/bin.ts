#!/usr/bin/env node
// Parses on Node 18: an old Node gets one line instead of a syntax error somewhere inside.
import { existsSync } from 'node:fs';
import module from 'node:module';
import { join } from 'node:path';

const version = process.versions.node;
if (Number(version.split('.')[0]) < 24) {
  console.error(
    `error: faultline needs Node.js 24 or newer and this is ${version}: install it from https://nodejs.org, or use "npm start", which brings its own`,
  );
  process.exitCode = 1;
} else {
  // What is compiled is kept for the next start, in a folder of the user's own: a third of what a start costs. Where it
  // cannot be written nothing is kept, and nothing is said. What runs for long would only hold it in memory.
  const { XDG_CACHE_HOME, HOME } = process.env;
  const cache = XDG_CACHE_HOME || (HOME && join(HOME, '.cache'));
  const runsLong = ['up', 'server', 'controllers'].includes(process.argv[2] ?? '');
  // Only below a folder that is there: on one that cannot be made Node tries for ever.
  if (cache && existsSync(cache) && !runsLong) module.enableCompileCache?.(join(cache, 'faultline', 'compiled'));
  await import('./main.ts');
}
