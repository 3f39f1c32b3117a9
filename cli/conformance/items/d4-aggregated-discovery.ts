import { discoveredVersion } from '../discovery.ts';
import { ensure, type Item } from '../item.ts';

export const d4: Item = {
  number: 'D4',
  level: 'SHOULD',
  requirement: 'Aggregated discovery has the version, fresh, with the resource, its scope and its verbs.',
  breaks: 'kubectl sees the resource late, or Stale: then the whole group counts as failed.',
  async check({ api, target }) {
    const { freshness, resources } = await discoveredVersion(api, target);
    ensure(freshness === 'Current', `freshness is ${freshness}, not Current`);
    const own = resources?.find(({ resource }) => resource === target.plural);
    ensure(own, `${target.plural} is missing`);
    const scope = target.namespaced ? 'Namespaced' : 'Cluster';
    ensure(own.scope === scope, `scope is ${own.scope}, not ${scope}`);
    ensure(own.singularResource, 'singularResource is empty');
    const verbs = [...(own.verbs ?? [])].sort().join(' ');
    ensure(
      verbs === [...target.verbs].sort().join(' '),
      `verbs are ${verbs}, in the other form ${target.verbs.join(' ')}`,
    );
    const subresources = own.subresources?.map(({ subresource }) => `${target.plural}/${subresource}`) ?? [];
    const missing = target.subresources.filter(({ name }) => !subresources.includes(name ?? ''));
    ensure(missing.length === 0, `subresources are missing: ${missing.map(({ name }) => name).join(', ')}`);
  },
};
