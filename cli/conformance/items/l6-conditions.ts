import { ensure, type Item, need } from '../item.ts';
import { keyOf } from '../loose.ts';

interface Condition {
  readonly type?: string;
  readonly status?: string;
  readonly reason?: string;
  readonly lastTransitionTime?: string;
  readonly observedGeneration?: number;
}

export const l6: Item = {
  number: 'L6',
  level: 'SHOULD',
  requirement: 'Conditions have type, status, reason and time, and never observe a generation that is not there yet.',
  breaks: 'kubectl wait --for=condition waits for ever.',
  async check(subject) {
    const objects = await subject.objects();
    const conditioned = objects.filter(({ status }) => Array.isArray((status as { conditions?: unknown })?.conditions));
    need(conditioned.length > 0, 'no object has status.conditions');
    for (const object of conditioned) {
      for (const condition of (object.status as { conditions: Condition[] }).conditions) {
        const { type, status, reason, lastTransitionTime, observedGeneration } = condition;
        const name = `the condition ${type} of ${keyOf(object)}`;
        ensure(type && reason, `${name} has no type or no reason`);
        ensure(['True', 'False', 'Unknown'].includes(status ?? ''), `${name} has the status ${status}`);
        ensure(!Number.isNaN(Date.parse(lastTransitionTime ?? '')), `${name} has the time ${lastTransitionTime}`);
        const { generation } = object.metadata ?? {};
        const ahead = observedGeneration !== undefined && observedGeneration > (generation ?? 0);
        ensure(!ahead, `${name} observed generation ${observedGeneration} of ${generation}`);
      }
    }
  },
};
