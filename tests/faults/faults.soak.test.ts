/**
 * 1,000 seeds of the faults, from a random one on (`npm run faults`); FAULTLINE_FAULTS_SEED and FAULTLINE_FAULTS_SEEDS
 * choose others.
 */
process.env.FAULTLINE_FAULTS_SEED ??= String(1_000 + Math.trunc(Math.random() * 1_000_000));
process.env.FAULTLINE_FAULTS_SEEDS ??= '1000';
await import('./faults.e2e.test.ts');
