import { multiLine } from '../../../crds/text.ts';

const MOST_BYTES = 4 * 1024 * 1024;

/** An object as YAML. Nothing of it is executed by a terminal. */
export async function yamlLines(object: object): Promise<readonly string[]> {
  const { stringify } = await import('yaml');
  return multiLine(stringify(object, { lineWidth: 0 }), MOST_BYTES).split('\n');
}
