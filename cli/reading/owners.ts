import type { Issue } from '../../crds/issue.ts';
import { LABELS } from '../../crds/names.ts';
import { Failure } from '../exit.ts';
import type { Asker } from './ask.ts';
import { type ObjectName, readObject } from './object.ts';

/** Pod, ReplicaSet, Deployment, an operator's own: deeper is a circle. */
const MOST = 6;

/** `KIND/NAME` of whom an issue belongs to, the outermost first, down to what was looked at. */
export async function ownersOf(asker: Asker, issue: Issue): Promise<string[]> {
  return ownerChain(issue, await clusterOwners(asker, issue));
}

/**
 * What the labels of the issue name, what owns the observed object in the cluster (the nearest first), the subject, and the
 * object itself; each once. Pure.
 */
export function ownerChain({ metadata, spec, status }: Issue, owners: readonly ObjectName[]): string[] {
  const { [LABELS.application]: application, [LABELS.component]: component } = metadata.labels ?? {};
  const { subject } = spec;
  const chain = [
    ...(application ? [`Application/${application}`] : []),
    ...(component ? [`Component/${component}`] : []),
    ...[...owners].reverse().map(nameOf),
    nameOf(subject),
    ...(status.observed ? [nameOf(status.observed)] : []),
  ];
  const observed = status.observed && nameOf(status.observed);
  // Who owns the object, and is the subject, stands where the cluster has it.
  return [...new Set(chain)].filter((each) => each !== observed).concat(observed ?? []);
}

function nameOf({ kind, name }: Pick<ObjectName, 'kind' | 'name'>): string {
  return `${kind}/${name}`;
}

/** Empty where objects cannot be read: `faultline up` serves issues alone, and not everybody may. */
async function clusterOwners(asker: Asker, { metadata, spec, status }: Issue): Promise<ObjectName[]> {
  const owners: ObjectName[] = [];
  let next: ObjectName | undefined = status.observed ?? spec.subject;
  try {
    while (next?.apiVersion !== undefined && owners.length < MOST) {
      const { metadata: found = {} } = await readObject(asker, next, spec.subject.namespace ?? metadata.namespace);
      const all = found.ownerReferences ?? [];
      next = all.find(({ controller }) => controller) ?? all[0];
      if (next !== undefined) owners.push(next);
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
  return owners;
}
