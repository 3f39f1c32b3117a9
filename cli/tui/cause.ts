import { oneLine } from '../../crds/text.ts';

/** Why something failed, as one line that a terminal can show. */
export function causeOf(error: unknown): string {
  return oneLine(error instanceof Error ? error.message : String(error), 1_000);
}
