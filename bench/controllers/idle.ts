import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSeconds } from '../harness/cpu-time.ts';
import { processMemory } from '../harness/process-memory.ts';
import type { BenchContext } from '../scenario.ts';
import { applyAll, type Cluster } from './cluster.ts';
import { startFaultline } from './contestants.ts';

export interface Idle {
  readonly kinds: number;
  readonly objects: number;
  /** Of one core. */
  readonly cpuShare: number;
  readonly residentMB: number;
}

const KINDS = [
  ...['tekton/pipelinerun', 'workloads/pod', 'workloads/deployment', 'workloads/statefulset', 'workloads/daemonset'],
  ...['workloads/job', 'workloads/cronjob', 'workloads/persistentvolumeclaim', 'workloads/node', 'workloads/namespace'],
  ...['workloads/horizontalpodautoscaler', 'workloads/resourcequota', 'workloads/apiservice'],
  ...['workloads/validatingwebhookconfiguration', 'workloads/mutatingwebhookconfiguration'],
];
const OBJECTS = 500;
const REST_MS = 15_000;

/** What `faultline controllers` takes while nothing happens: built-in controllers that watch twenty kinds and more. */
export async function measureIdle(context: BenchContext, cluster: Cluster, seconds: number): Promise<Idle> {
  await applyAll(cluster.plane, [binding(), ...jobs()]);
  const controllers = KINDS.map((use) => `  - {use: ${use}}\n`).join('');
  const head = 'apiVersion: config.faultline.dev/v1alpha1\nkind: FaultlineConfiguration\ncluster: {inCluster: true}\n';
  await using running = await startFaultline(context, cluster, {
    configuration: `${head}controllers:\n${controllers}`,
  });
  context.progress.step('resting');
  await sleep(context.quick ? REST_MS / 3 : REST_MS, undefined, { signal: context.signal });
  const before = await cpuSeconds(running.pid);
  await sleep(seconds * 1_000, undefined, { signal: context.signal });
  const cpuShare = ((await cpuSeconds(running.pid)) - before) / seconds;
  const { residentMB } = await processMemory(running.pid);
  const cached = [...(await running.metrics()).matchAll(/^faultline_cache_objects\{[^}]*\} (\d+)$/gm)];
  return {
    kinds: cached.length,
    objects: cached.reduce((sum, [, count]) => sum + Number(count), 0),
    cpuShare,
    residentMB,
  };
}

/** What the controllers of workloads look at. */
function binding(): unknown {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'bench-controllers-admin' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', name: 'faultline-controllers', namespace: 'faultline-system' }],
  };
}

function jobs(): unknown[] {
  return Array.from({ length: OBJECTS }, (_, index) => ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: `job-${index}`, namespace: 'default' },
    spec: {
      suspend: true,
      template: {
        spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'registry.example.com/main' }] },
      },
    },
  }));
}
