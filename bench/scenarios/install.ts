import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assembleImage } from '../../scripts/image.ts';
import { startControlPlane } from '../../tests/controlplane/control-plane.ts';
import { kubectl } from '../../tests/controlplane/kubectl.ts';
import { freePort } from '../../tests/controlplane/ports.ts';
import { startPostgres } from '../../tests/controlplane/postgres.ts';
import { at, createRun, tektonCrds } from '../../tests/e2e/pipelineruns.ts';
import { applyAll, installManifests } from '../../tests/manifests/installed.ts';
import { helmTemplate, NAMESPACE } from '../../tests/manifests/render.ts';
import { type Figure, number } from '../harness/figure.ts';
import { median, spread } from '../harness/statistics.ts';
import type { BenchContext, Scenario } from '../scenario.ts';

const GOAL_SECONDS = 60;

/** How long somebody waits who has a cluster with a broken pipeline, and just heard of Faultline. */
export const install: Scenario = {
  name: 'install',
  summary: 'kubectl apply of the manifests on an empty cluster to the first issue in kubectl get issues; needs root.',
  run,
};

const KINDS = {
  dev: { values: [], what: 'the overlay dev, embedded database' },
  ha: { values: ['--values=values-ha.yaml'], what: 'the overlay ha, an empty PostgreSQL' },
} as const;

async function run(context: BenchContext): Promise<readonly Figure[]> {
  const dir = await mkdtemp(join(tmpdir(), 'faultline-install-'));
  try {
    const image = join(dir, 'image');
    await assembleImage(image, { node: true });
    const figures: Figure[] = [];
    for (const [name, { values, what }] of Object.entries(KINDS)) {
      const times: number[] = [];
      for (let repetition = 0; repetition < (context.quick ? 1 : 5); repetition++) {
        context.signal.throwIfAborted();
        times.push(await firstIssue(image, join(dir, `${name}-${repetition}`), values));
        context.progress.note(`install: ${name} ${repetition}: ${number(times.at(-1) ?? 0)} s`);
      }
      figures.push(figureOf(what, times));
    }
    return figures;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function figureOf(what: string, times: readonly number[]): Figure {
  const seconds = median(times);
  const { min, max } = spread(times);
  return {
    scenario: 'install',
    what: `apply to the first issue: ${what}`,
    measured: `${number(seconds)} s (${number(min)}–${number(max)} s)`,
    goal: `≤ ${GOAL_SECONDS} s`,
    met: seconds <= GOAL_SECONDS,
  };
}

/** Seconds from `kubectl apply` until kubectl, with an empty discovery cache, prints an issue. Images are "present". */
async function firstIssue(image: string, dir: string, values: readonly string[]): Promise<number> {
  const [port, metricsPort] = [await freePort(), await freePort()];
  await using plane = await startControlPlane({ etcdFsync: true });
  await using postgres = values.length > 0 ? await startPostgres({ tcp: true }) : undefined;
  await applyAll(plane, [namespace(NAMESPACE), namespace('shop'), ...tektonCrds()]);
  const failed = { name: 'web-1', namespace: 'shop', component: 'web' };
  await createRun(plane, failed, { succeeded: false, at: at(0) });
  if (postgres) {
    await postgres.database('faultline');
    const metadata = { name: 'faultline-database', namespace: NAMESPACE };
    const stringData = { url: postgres.tcpUrlOf('faultline') };
    await applyAll(plane, [{ apiVersion: 'v1', kind: 'Secret', metadata, stringData }]);
  }
  const manifests = await helmTemplate([...values, `--set=server.port=${port},controllers.metricsPort=${metricsPort}`]);
  const begun = performance.now();
  await using installed = await installManifests({ plane, image, dir, manifests, port });
  return await installed.eventually(
    'the first issue',
    async () => {
      const home = join(dir, 'home');
      await rm(home, { recursive: true, force: true });
      const { stdout } = await kubectl(['get', 'issues', '-A', '--no-headers'], {
        kubeconfig: plane.adminKubeconfigPath,
        home,
      });
      return stdout.includes('web') ? (performance.now() - begun) / 1_000 : undefined;
    },
    120_000,
  );
}

function namespace(name: string): object {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}
