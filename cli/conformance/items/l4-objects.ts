import { success } from '../errors.ts';
import { ensure, type Item } from '../item.ts';
import { keyOf, type Loose } from '../loose.ts';
import { apiVersionOf, type Target } from '../target.ts';

const UTC_SECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

export const l4: Item = {
  number: 'L4',
  level: 'MUST',
  requirement:
    'Every object, in lists too, has apiVersion, kind, name, uid, resourceVersion and a creation time in whole seconds.',
  breaks: 'The garbage collector deletes dependents when a uid changes; Lens and Headlamp key on it.',
  async check(subject) {
    const { api, target } = subject;
    const objects = await subject.objects();
    for (const object of objects) checkObject(object, target);
    const uids = new Set(objects.map(({ metadata }) => metadata?.uid));
    ensure(uids.size === objects.length, `${objects.length} objects have ${uids.size} different uids`);
    const one = await subject.one();
    const [first, second] = [await api.send(subject.item(one)), await api.send(subject.item(one))];
    checkObject(success(first).json(), target);
    const seen = [one.metadata?.uid, first.json().metadata?.uid, success(second).json().metadata?.uid];
    ensure(new Set(seen).size === 1, `${keyOf(one)} was served with the uids ${seen.join(', ')}`);
  },
};

function checkObject(object: Loose, target: Target): void {
  const { apiVersion, kind, metadata } = object;
  const key = keyOf(object);
  ensure(apiVersion === apiVersionOf(target), `${key} has the apiVersion ${apiVersion}`);
  ensure(kind === target.kind, `${key} has the kind ${kind}`);
  ensure(metadata?.name && metadata.uid && metadata.resourceVersion, `${key} is without name, uid or resourceVersion`);
  ensure(!target.namespaced || metadata.namespace, `${key} has no namespace`);
  const { creationTimestamp } = metadata;
  ensure(UTC_SECONDS.test(creationTimestamp ?? ''), `${key} has the creationTimestamp ${creationTimestamp}`);
}
