import { askAggregatedDiscovery } from '../discovery.ts';
import { success } from '../errors.ts';
import { ensure, type Item } from '../item.ts';

export const d5: Item = {
  number: 'D5',
  level: 'MUST',
  requirement: 'Aggregated discovery is answered under its own Content-Type.',
  breaks: 'Clients and the aggregator decide by that header: they fall back to the slow form, or misread the body.',
  async check({ straight }) {
    const answer = success(await askAggregatedDiscovery(straight));
    const isAggregated = answer.json().kind === 'APIGroupDiscoveryList';
    const [type, ...parameters] = answer.header('content-type').split(';');
    const said = [type, ...parameters.map((one) => one.trim()).sort()].join(';');
    const own = 'application/json;as=APIGroupDiscoveryList;g=apidiscovery.k8s.io;v=v2';
    ensure(
      isAggregated === (said === own),
      `the body is a ${answer.json().kind}, Content-Type ${answer.header('content-type')}`,
    );
  },
};
