import { multiLine } from '../../../crds/text.ts';

const MOST_BYTES = 4 * 1024 * 1024;

/** An object of Kubernetes as YAML, without what nobody reads. Nothing of it is executed by a terminal. */
export async function yamlLines(object: { readonly metadata?: object }): Promise<readonly string[]> {
  const { stringify } = await import('yaml');
  const { managedFields: _, ...metadata } = (object.metadata ?? {}) as Readonly<Record<string, unknown>>;
  return multiLine(stringify({ ...object, metadata }, { lineWidth: 0 }), MOST_BYTES).split('\n');
}
