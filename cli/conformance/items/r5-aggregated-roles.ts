import { ensure, type Item, need } from '../item.ts';

interface Roles {
  readonly items?: { rules?: { apiGroups?: string[]; resources?: string[]; verbs?: string[] }[] | null }[];
}

export const r5: Item = {
  number: 'R5',
  level: 'SHOULD',
  requirement: 'A ClusterRole that is aggregated to view lets its holders get, list and watch the resource.',
  breaks: 'Whoever has the role view in a namespace sees everything there but this resource.',
  async check({ api, target }) {
    need(target.path !== 'direct', 'there is no cluster whose roles could be read');
    const label = 'labelSelector=rbac.authorization.k8s.io%2Faggregate-to-view%3Dtrue';
    const answer = await api.send(`/apis/rbac.authorization.k8s.io/v1/clusterroles?${label}`);
    need(answer.status === 200, `ClusterRoles cannot be read: ${answer.status}`);
    const granted = (answer.json<Roles>().items ?? [])
      .flatMap(({ rules }) => rules ?? [])
      .filter(({ apiGroups }) => apiGroups?.some((group) => group === target.group || group === '*'))
      .filter(({ resources }) => resources?.some((resource) => resource === target.plural || resource === '*'))
      .flatMap(({ verbs }) => verbs ?? []);
    const missing = ['get', 'list', 'watch'].filter(
      (verb) => target.verbs.includes(verb) && !granted.includes(verb) && !granted.includes('*'),
    );
    ensure(missing.length === 0, `no ClusterRole labelled aggregate-to-view allows ${missing.join(', ')}`);
  },
};
