import { success } from '../errors.ts';
import { ensure, type Item } from '../item.ts';
import { apiVersionOf, groupVersionPath } from '../target.ts';

export const d1: Item = {
  number: 'D1',
  level: 'MUST',
  requirement: '/apis/<group>/<version> is an APIResourceList, whatever Accept says, well within 5 s.',
  breaks: 'It is the availability probe: the APIService becomes unavailable, and namespaces cannot be deleted.',
  async check({ api, target }) {
    for (const accept of ['application/json', '*/*', undefined]) {
      const answer = success(await api.send(groupVersionPath(target), { headers: accept ? { accept } : {} }));
      const { kind, apiVersion, groupVersion, resources } = answer.json();
      ensure(kind === 'APIResourceList', `kind is ${kind}, not APIResourceList`);
      ensure(apiVersion === 'v1', `apiVersion is ${apiVersion}, not v1: a strict decoder refuses the list`);
      ensure(groupVersion === apiVersionOf(target), `groupVersion is ${groupVersion}`);
      ensure(Array.isArray(resources), 'resources is no list');
      ensure(answer.ms < 5_000, `the answer took ${Math.round(answer.ms)} ms`);
    }
  },
};
