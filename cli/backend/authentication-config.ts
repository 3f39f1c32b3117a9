import { AUTHENTICATION_CONFIG_MAP, type AuthenticationConfigSource } from '../../apiserver/kube/access/index.ts';
import type { ClusterObject, ObjectSource, SourceFault } from '../../controllers/runtime/index.ts';

const { namespace, name } = AUTHENTICATION_CONFIG_MAP;
// The Role extension-apiserver-authentication-reader allows this one object, to list and watch by its name too.
const REQUEST = { apiVersions: ['v1'], kind: 'ConfigMap', namespace, fieldSelector: `metadata.name=${name}` };

/**
 * Watches the ConfigMap that says whom the cluster lets speak for its users (aggregated-api A4), with the runtime's
 * reflector: an authority that is added or withdrawn counts at once. A deleted one changes nothing: what was last known
 * goes on.
 */
export function watchAuthenticationConfig(source: ObjectSource): AuthenticationConfigSource {
  return {
    async *watch(signal) {
      let found = false;
      for await (const event of source.watch(REQUEST, signal)) {
        if (event.type === 'waiting') throw new Error(adviceOn(event.fault));
        if (event.type === 'synced' && !found) throw new Error('not there: kube-apiserver writes it when it starts');
        const objects = event.type === 'listed' ? event.objects : event.type === 'applied' ? [event.object] : [];
        for (const object of objects) {
          found = true;
          yield dataOf(object);
        }
      }
    },
  };
}

function adviceOn({ reason, message }: SourceFault): string {
  if (reason !== 'Forbidden') return message;
  return `${message}; bind the ServiceAccount to the Role extension-apiserver-authentication-reader in ${namespace}`;
}

function dataOf({ data }: ClusterObject): Readonly<Record<string, string>> {
  return (data ?? {}) as Record<string, string>;
}
