import type { KubernetesObject } from '../../../crds/meta.ts';
import { parseReady, type ReadyObject, readyObject } from '../ready-object.ts';
import type { ResourceDefinition } from '../resource.ts';
import type { Selectable } from '../selectors/object-selector.ts';

/**
 * An object as a watcher knew it when nobody has that version any more: as it became, with the labels and the selectable
 * fields that it had. So what leaves a selector (W7) still is what the selector selects.
 */
export function withSelected<T extends KubernetesObject>(
  definition: ResourceDefinition<T>,
  object: ReadyObject,
  before: Selectable,
): ReadyObject {
  const known = parseReady<T>(object);
  for (const field of definition.selectableFields) restore(known, field.split('.'), before.fields[field]);
  const metadata = { ...known.metadata, labels: { ...before.labels } };
  return readyObject(definition, { ...known, metadata });
}

/** Only a text that is there: a field may be computed from others. */
function restore(object: object, path: readonly string[], value: string | undefined): void {
  const [name = '', ...rest] = path;
  const inner = Object.hasOwn(object, name) ? (object as Record<string, unknown>)[name] : undefined;
  if (rest.length > 0 && typeof inner === 'object' && inner !== null) restore(inner, rest, value);
  if (rest.length === 0 && typeof inner === 'string' && value !== undefined) Object.assign(object, { [name]: value });
}
