import { causeOf } from '../runtime/backend.ts';
import type { ClusterObject } from '../runtime/object.ts';
import type { ObjectLike } from '../runtime/plugin.ts';
import { readRecorded } from '../runtime/recorded.ts';
import { type AnyController, type FixtureLook, Fixtures, type Setup } from './fixture.ts';

/**
 * The objects of a file or a folder: YAML with one or many documents, JSON, Lists, `.gz`. Rejects when it cannot be read, when
 * a file of it is broken, and when it holds no object.
 */
export async function loadFixture(path: string): Promise<ClusterObject[]> {
  const objects: ClusterObject[] = [];
  const { faults, skipped } = await readRecorded(path, { onObject: (object) => objects.push(object) });
  const broken = faults.map((fault) => `${fault.path}: ${fault.message}`);
  if (skipped > 0) broken.push(`${path}: ${skipped} documents have no apiVersion, kind and metadata.name`);
  if (objects.length === 0 && broken.length === 0) broken.push(`${path}: there is no object in it`);
  if (broken.length > 0) throw new Error(broken.join('\n'));
  return objects;
}

/**
 * What a controller says of every object of its kind among `objects`, as the runtime would send it: looked at through its
 * caches (nothing but declared `fields` is there), checked, cut and masked. In order of namespace and name. Rejects as
 * `observe` does, and with a TerminalError that names every fault when what it answered would be refused.
 */
export async function observeFixture<T extends ObjectLike, O>(
  controller: AnyController<T, O>,
  objects: readonly ObjectLike[],
  setup: Setup = {},
): Promise<FixtureLook[]> {
  const fixtures = new Fixtures(controller, setup);
  const looks = await fixtures.observe(objects).catch((cause: unknown) => {
    if (cause instanceof Error) throw cause;
    throw new Error(`observe() threw ${causeOf(cause)}, which is no Error`, { cause });
  });
  if (looks.length > 0) return looks;
  const { apiVersion, kind } = fixtures.definition.watches;
  throw new Error(
    `none of the ${objects.length} objects is a ${kind} of ${[apiVersion].flat().join(', ')} that it watches`,
  );
}
