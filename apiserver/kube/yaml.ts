import { stringify } from 'yaml';
import type { Answer } from './answer.ts';
import { ByteChunks } from './byte-chunks.ts';
import { objectLength, type ReadyObject } from './ready-object.ts';
import { LIST_TAIL, type ListMetadata, listHead, type Representation, writeItem } from './representation.ts';
import type { ResourceDefinition } from './resource.ts';

/** Answers as YAML (L3): for people; whatever is served much is served as JSON. */
export const YAML = { 'Content-Type': 'application/yaml' };

/** The same answer as YAML. For bodies of one object or one Status. */
export function inYaml({ status, headers, body }: Answer): Answer {
  const text = typeof body === 'string' ? body : Buffer.concat([...body]).toString('utf8');
  return { status, headers: { ...headers, ...YAML }, body: yaml(JSON.parse(text)) };
}

/** A list as YAML, a few items at a time: nobody waits for all of a long one to be converted. */
export function* yamlPage(
  definition: ResourceDefinition,
  representation: Representation,
  page: { readonly metadata: ListMetadata; readonly objects: readonly ReadyObject[] },
  now: number,
): Generator<Buffer> {
  const head = JSON.parse(`${listHead(definition, representation, page.metadata)}${LIST_TAIL}`) as object;
  const list = representation.as === 'table' ? 'rows' : 'items';
  const { [list]: _none, ...rest } = head as Record<string, unknown>;
  let text = `${yaml(rest)}${list}:${page.objects.length === 0 ? ' []' : ''}\n`;
  for (const object of page.objects) {
    const chunks = new ByteChunks(objectLength(object) + 1_024);
    writeItem(chunks, representation, object, now);
    const item: unknown = JSON.parse(Buffer.concat(chunks.takeAll()).toString('utf8'));
    text += yaml([item]);
    if (text.length < TURN) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(text);
}

/** Characters between which others have their turn. */
const TURN = 32 * 1024;

/** What a reader of YAML 1.1, such as Go's, would take for a boolean or a number is quoted. */
function yaml(value: unknown): string {
  return stringify(value, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false });
}
