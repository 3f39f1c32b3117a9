import { ensure, type Item, need } from '../item.ts';
import { type EndpointSlices, serviceOf } from '../service.ts';

export const r6: Item = {
  number: 'R6',
  level: 'SHOULD',
  requirement: 'At least two endpoints are ready behind the Service.',
  breaks: 'Restarting one pod makes the APIService unavailable: namespaces stay Terminating, kubectl is slow.',
  async check({ api, target }) {
    need(target.path === 'aggregated', 'there is no APIService with a Service of its own');
    const { namespace, name } = serviceOf(target);
    const service = await api.send(`/api/v1/namespaces/${namespace}/services/${name}`);
    need(service.status === 200, 'the Service may not be read');
    need((service.json().spec as { type?: string }).type !== 'ExternalName', 'the Service is of type ExternalName');
    const query = `labelSelector=kubernetes.io%2Fservice-name%3D${name}`;
    const answer = await api.send(`/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices?${query}`);
    need(answer.status === 200, `EndpointSlices cannot be read: ${answer.status}`);
    const ready = (answer.json<EndpointSlices>().items ?? [])
      .flatMap(({ endpoints }) => endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready !== false);
    ensure(ready.length >= 2, `only ${ready.length} endpoint of ${namespace}/${name} is ready`);
  },
};
