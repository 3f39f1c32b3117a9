/**
 * What a controller must keep of an object for expressions to see what they look at (`Watches.fields`), from the paths
 * that they read. `*` is the whole object.
 */

/** A member that a dotted path cannot name ends it: the whole of what holds the member is kept. */
const PLAIN = /^[^.[\]*]+$/;
/** Of every object. */
const ALWAYS_KEPT = ['apiVersion', 'kind', 'metadata.name', 'metadata.namespace', 'metadata.uid'];
const ANNOTATIONS = 'metadata.annotations';

export function fieldsOf(paths: Iterable<readonly string[]>): readonly string[] {
  const fields = new Set<string>();
  for (const [variable, ...path] of paths) {
    if (variable === 'object') fields.add(fieldOf(path));
    if (variable === 'conditions') fields.add(conditionField(path));
  }
  if (fields.has('*')) return ['*'];
  for (const field of ALWAYS_KEPT) fields.delete(field);
  // What is kept as a whole needs no parts.
  const within = (field: string): boolean => [...fields].some((other) => field.startsWith(`${other}.`));
  return [...fields].filter((field) => !within(field)).sort();
}

function fieldOf(path: readonly string[]): string {
  const [first, second, key] = path;
  // Keys of annotations have dots, and what follows metadata.annotations is one key.
  if (`${first}.${second}` === ANNOTATIONS) return key === undefined ? ANNOTATIONS : `${ANNOTATIONS}.${key}`;
  const end = path.findIndex((segment) => !PLAIN.test(segment));
  return path.slice(0, end < 0 ? undefined : end).join('.') || '*';
}

/** `conditions.Ready.message` is a member of an item of status.conditions; its type finds it. */
function conditionField([type, member]: readonly string[]): string {
  return type === undefined || member === undefined ? 'status.conditions' : fieldOf(['status', 'conditions', member]);
}
