/** The same with 60,000 requests: `npm run soak`, or this file alone with `npx vitest run --project soak tests/fuzz`. */
process.env.FAULTLINE_FUZZ_COUNT ??= '60000';
await import('./fuzz.test.ts');
