/** The properties of `decide` with 30,000 runs each (`npm run soak`); FAULTLINE_SOAK multiplies 300 by something else. */
process.env.FAULTLINE_SOAK ??= '100';
await import('./decide.property.test.ts');
