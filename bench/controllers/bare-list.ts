import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { cpuSeconds } from '../harness/cpu-time.ts';
import type { BareWatchPlan } from './bare-watch.ts';
import type { Cluster } from './cluster.ts';

export interface BareList {
  /** From the start of the process until the last byte of the list. */
  readonly seconds: number;
  /** Of that, what kube-apiserver needed once it was asked. */
  readonly listSeconds: number;
  /** kube-apiserver's meanwhile. */
  readonly serverCpuSeconds: number;
  readonly bytes: number;
}

/** What the process answers. */
export interface BareListAnswer {
  readonly bytes: number;
  readonly askedAt: number;
}

const PATH =
  '/apis/tekton.dev/v1/pipelineruns?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';

/** A process that reads the streamed list of all runs and only counts its bytes: nobody can have decided about them earlier. */
export async function measureBareList({ plane }: Cluster): Promise<BareList> {
  const { certificatePem: cert, keyPem: key } = plane.admin;
  const apiserver = plane.apiserverPid ?? 0;
  const cpuBefore = await cpuSeconds(apiserver);
  const startedAt = performance.timeOrigin + performance.now();
  const child = fork(join(import.meta.dirname, 'bare-list-process.ts'));
  child.send({ url: plane.url, path: PATH, ca: plane.caPem, cert, key } satisfies BareWatchPlan);
  const [answer] = (await once(child, 'message')) as [BareListAnswer | string];
  if (typeof answer === 'string') throw new Error(`bare list: ${answer}`);
  const endedAt = performance.timeOrigin + performance.now();
  const serverCpuSeconds = (await cpuSeconds(apiserver)) - cpuBefore;
  const { askedAt, bytes } = answer;
  return { seconds: (endedAt - startedAt) / 1_000, listSeconds: (endedAt - askedAt) / 1_000, serverCpuSeconds, bytes };
}
