import { findBinaries, requiredBinaries } from './assets.ts';

/** For vitest's `globalSetup`: builds once before the workers start, so that they do not each build for themselves. */
export async function setup(): Promise<void> {
  await findBinaries(requiredBinaries);
}
