import { registerApiService } from '../controlplane/api-service.ts';
import { type ControlPlane, startControlPlane } from '../controlplane/control-plane.ts';
import type { Door } from './ask.ts';
import { SAMPLES } from './issues.ts';
import { createOracle, forgetThePast, ORACLE, ORACLE_GROUP } from './oracle.ts';
import { SERVED_GROUP, serveIssues } from './served.ts';
import { type Side, sideOf } from './sides.ts';

/** Issues and a custom resource of the same shape behind one kube-apiserver, both changed once and with a short memory. */
export interface World extends AsyncDisposable {
  readonly plane: ControlPlane;
  readonly ours: Side;
  readonly oracle: Side;
}

export async function startWorld(): Promise<World> {
  const stack = new AsyncDisposableStack();
  const plane = stack.use(await startControlPlane());
  const serving = await plane.servingCa.issue({
    commonName: 'faultline',
    usage: 'server',
    dnsNames: ['faultline.faultline-system.svc'],
  });
  const served = stack.use(await serveIssues(serving));
  await createOracle(plane);
  const { port } = served;
  await registerApiService(plane, { group: SERVED_GROUP, version: 'v1alpha1', port, caPem: plane.caPem });
  const door: Door = {
    port: Number(new URL(plane.url).port),
    ca: plane.caPem,
    cert: plane.admin.certificatePem,
    key: plane.admin.keyPem,
  };
  const before = [await sideOf(door, SERVED_GROUP), await sideOf(door, ORACLE_GROUP)] as const;
  await served.source.put(SAMPLES[0] as (typeof SAMPLES)[number]);
  const body = { metadata: { annotations: { changed: 'once' } } };
  const headers = { 'content-type': 'application/merge-patch+json' };
  await plane.request(`${ORACLE}/namespaces/default/issues/a`, { method: 'PATCH', body, headers });
  await forgetThePast(plane, before[1].names.old);
  const ours = await sideOf(door, SERVED_GROUP, before[0]);
  const oracle = await sideOf(door, ORACLE_GROUP, before[1]);
  return { plane, ours, oracle, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}
