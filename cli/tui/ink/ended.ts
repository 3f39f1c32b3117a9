import type { Instance } from 'ink';

/** Ends it, and resolves when the terminal is as it was before. */
export async function ended(instance: Instance): Promise<void> {
  const end = instance.waitUntilExit();
  instance.unmount();
  await end;
}
