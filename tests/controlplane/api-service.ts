import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlPlane } from './control-plane.ts';

export interface ApiServiceOptions {
  readonly group: string;
  readonly version: string;
  /** Port on which the aggregated server listens on this machine. */
  readonly port: number;
  /** Authority of its certificate, which needs the name `<service>.<namespace>.svc`. */
  readonly caPem: string;
  /** Namespace of the Service; created when it does not exist. Default `faultline-system`. */
  readonly namespace?: string;
  /** Default `faultline`. */
  readonly service?: string;
  /** A name of this machine by which the aggregator goes there. Default `localhost`. */
  readonly externalName?: string;
  /** How long to wait for the condition Available. Default 30 s; 0 does not wait. */
  readonly timeoutMs?: number;
}

/**
 * Registers a server of this machine as an aggregated API, by a Service of type ExternalName that points to
 * localhost. May be repeated, for example with another port. Throws with the condition's reason when the APIService
 * does not become available; that it does says nothing about the certificate, which only requests verify.
 */
export async function registerApiService(plane: ControlPlane, options: ApiServiceOptions): Promise<void> {
  const [namespace, service, apiService] = apiServiceManifests(options);
  await apply(plane, `/api/v1/namespaces/${namespace.metadata.name}`, namespace);
  await apply(plane, `/api/v1/namespaces/${namespace.metadata.name}/services/${service.metadata.name}`, service);
  const path = `/apis/apiregistration.k8s.io/v1/apiservices/${apiService.metadata.name}`;
  await apply(plane, path, apiService);
  if (options.timeoutMs !== 0) await untilAvailable(plane, path, options.timeoutMs ?? 30_000);
}

/** The Namespace, the Service and the APIService, in the order in which they must be applied. */
export function apiServiceManifests(options: ApiServiceOptions) {
  const { group, version, port, caPem, namespace = 'faultline-system', service = 'faultline' } = options;
  const { externalName = 'localhost' } = options;
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: service, namespace },
      spec: { type: 'ExternalName', externalName, ports: [{ port, protocol: 'TCP' }] },
    },
    {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: `${version}.${group}` },
      spec: {
        group,
        version,
        groupPriorityMinimum: 1000,
        versionPriority: 15,
        service: { namespace, name: service, port },
        caBundle: Buffer.from(caPem).toString('base64'),
      },
    },
  ] as const;
}

async function apply(plane: ControlPlane, path: string, body: unknown): Promise<void> {
  const headers = { 'content-type': 'application/apply-patch+yaml' };
  const query = '?fieldManager=tests&force=true';
  const answer = await plane.request(`${path}${query}`, { method: 'PATCH', body, headers });
  if (answer.status >= 300) throw new Error(`applying ${path}: ${answer.status} ${answer.body}`);
}

async function untilAvailable(plane: ControlPlane, path: string, timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  let last = 'no condition Available yet';
  while (Date.now() < deadline) {
    const { status } = JSON.parse((await plane.request(path)).body);
    const available = status?.conditions?.find((condition: { type: string }) => condition.type === 'Available');
    if (available?.status === 'True') return;
    if (available) last = `${available.reason}: ${available.message}`;
    await sleep(100);
  }
  throw new Error(`${path} is not available after ${timeoutMs / 1000} s: ${last}`);
}
