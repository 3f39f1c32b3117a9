import { success } from '../errors.ts';
import { ensure, type Item } from '../item.ts';

export const d12: Item = {
  number: 'D12',
  level: 'COULD',
  requirement: 'Aggregated discovery is served as v2beta1 too.',
  breaks: 'Nothing: aggregators of 1.27 to 1.29 that ask only for v2beta1 fall back to the slow form.',
  async check({ straight }) {
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList';
    const { apiVersion } = success(await straight.send('/apis', { headers: { accept } })).json();
    ensure(apiVersion === 'apidiscovery.k8s.io/v2beta1', 'asked only for v2beta1, it answers in another form');
  },
};
