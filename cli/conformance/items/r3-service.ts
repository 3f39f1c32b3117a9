import type { ApiClient } from '../client.ts';
import { ensure, type Item, need } from '../item.ts';
import { type EndpointSlices, serviceOf } from '../service.ts';

export const r3: Item = {
  number: 'R3',
  level: 'MUST',
  requirement: 'The port of the APIService exists in its Service, and an endpoint behind it is ready.',
  breaks: 'The APIService is unavailable, which stops every namespace deletion of the cluster.',
  async check({ api, target }) {
    need(target.path === 'aggregated', 'there is no APIService with a Service of its own');
    const { namespace, name, port } = serviceOf(target);
    const answer = await api.send(`/api/v1/namespaces/${namespace}/services/${name}`);
    need(answer.status !== 403, 'the Service may not be read');
    ensure(answer.status === 200, `the Service ${namespace}/${name} cannot be read: ${answer.status}`);
    const { type, ports = [] } = answer.json().spec as { type?: string; ports?: { name?: string; port: number }[] };
    const served = ports.find((one) => one.port === port);
    ensure(
      served,
      `the Service ${namespace}/${name} has no port ${port}; it has ${ports.map((one) => one.port).join(', ')}`,
    );
    if (type === 'ExternalName') return;
    ensure(await hasReadyEndpoint(api, { namespace, name }, served.name), `${namespace}/${name} has no ready endpoint`);
  },
};

async function hasReadyEndpoint(
  api: ApiClient,
  { namespace, name }: { namespace: string; name: string },
  portName: string | undefined,
): Promise<boolean> {
  const query = `labelSelector=kubernetes.io%2Fservice-name%3D${name}`;
  const answer = await api.send(`/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices?${query}`);
  need(answer.status === 200, `EndpointSlices cannot be read: ${answer.status}`);
  const { items = [] } = answer.json<EndpointSlices>();
  return items.some(
    ({ ports, endpoints }) =>
      ports?.some((port) => (port.name ?? '') === (portName ?? '')) &&
      endpoints?.some(({ conditions }) => conditions?.ready !== false),
  );
}
