import { ensure, type Item, need } from '../item.ts';
import { apiVersionOf, type Target } from '../target.ts';

interface Events {
  readonly items?: {
    readonly metadata: { readonly namespace?: string };
    readonly reason?: string;
    readonly involvedObject: {
      readonly apiVersion?: string;
      readonly kind?: string;
      readonly namespace?: string;
      readonly name?: string;
      readonly uid?: string;
    };
  }[];
}

export const x10: Item = {
  number: 'X10',
  level: 'SHOULD',
  requirement: 'Events about an object name it fully, uid included, and are in its namespace.',
  breaks: 'kubectl describe and kubectl events --for, which find them by those fields.',
  async check({ api, target }) {
    need(target.path !== 'direct', 'there is no cluster that would keep Events');
    const where = target.namespace ? `/namespaces/${target.namespace}` : '';
    const query = `limit=100&fieldSelector=involvedObject.kind%3D${target.kind}`;
    const answer = await api.send(`/api/v1${where}/events?${query}`);
    need(answer.status === 200, `Events cannot be read: ${answer.status}`);
    const own = (answer.json<Events>().items ?? []).filter(({ involvedObject }) => isOurs(involvedObject, target));
    need(own.length > 0, `there is no Event about a ${target.kind}`);
    for (const { metadata, involvedObject, reason } of own) {
      const { apiVersion, name, uid, namespace } = involvedObject;
      const event = `the Event ${reason} about ${name}`;
      ensure(apiVersion === apiVersionOf(target), `${event} names the apiVersion ${apiVersion}`);
      ensure(name && uid, `${event} names no uid`);
      ensure(
        !target.namespaced || namespace === metadata.namespace,
        `${event} is in ${metadata.namespace}, not ${namespace}`,
      );
    }
  },
};

/** Of a kind with the same name in another group, the group says so. */
function isOurs({ apiVersion }: { apiVersion?: string }, { group }: Target): boolean {
  return apiVersion === undefined || !apiVersion.includes('/') || apiVersion.startsWith(`${group}/`);
}
