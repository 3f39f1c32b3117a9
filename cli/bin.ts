#!/usr/bin/env node
// Parses on Node 18: an old Node gets one line instead of a syntax error somewhere inside.
const version = process.versions.node;
if (Number(version.split('.')[0]) < 24) {
  console.error(
    `error: faultline needs Node.js 24 or newer and this is ${version}: install it from https://nodejs.org, or use "npm start", which brings its own`,
  );
  process.exitCode = 1;
} else {
  await import('./main.ts');
}

export {};
