import { oneLine } from '../../crds/text.ts';
import { Failure } from '../exit.ts';
import type { Streams } from '../streams.ts';

/** So many names are shown of those that a question is about. */
const SHOWN = 20;

/**
 * Asks whether to do something to all of these issues; anything but yes is no. Throws a Failure where nobody can be
 * asked.
 */
export async function confirmed(
  verb: string,
  names: readonly string[],
  namespace: string,
  { err, in: input, signal }: Streams,
): Promise<boolean> {
  if (!err.isTTY) {
    throw new Failure(`this would ${verb} ${names.length} issues, and nobody can be asked here: add --yes`);
  }
  const more = names.length > SHOWN ? [`and ${names.length - SHOWN} more`] : [];
  const lines = [...names.slice(0, SHOWN), ...more].map((name) => `  ${oneLine(name, 253)}\n`);
  err.write(`${lines.join('')}${verb} these ${names.length} issues in namespace ${namespace}? [y/N] `);
  return /^y(es)?$/i.test((await firstLine(input, signal)).trim());
}

async function firstLine(input: Streams['in'], signal: AbortSignal): Promise<string> {
  const { createInterface } = await import('node:readline/promises');
  const lines = createInterface({ input, signal });
  try {
    for await (const line of lines) return line;
    return '';
  } finally {
    lines.close();
  }
}
