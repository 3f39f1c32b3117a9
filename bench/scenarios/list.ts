import type { IssueList } from '../../crds/issue.ts';
import { kubectl } from '../../tests/controlplane/kubectl.ts';
import { CRD_GROUP } from '../data/issue-crd.ts';
import { API, createCrd, PER_NAMESPACE, storeCopies, storeIssues } from '../data/seed.ts';
import { type Figure, number } from '../harness/figure.ts';
import { interleave } from '../harness/interleave.ts';
import { median } from '../harness/statistics.ts';
import { type Environment, startEnvironment } from '../product/environment.ts';
import { KubeClient } from '../product/kube-client.ts';
import { compare, queriesFor } from '../product/reads.ts';
import { untilAtRest } from '../product/rest.ts';
import type { BenchContext, Scenario } from '../scenario.ts';

const KUBECTL_GOAL = 0.8;

/** Lists and gets through the aggregator beside a CRD of the same shape on the same kube-apiserver. */
export const list: Scenario = {
  name: 'list',
  summary: '10,000 issues through the aggregator beside a CRD of the same shape on the same kube-apiserver.',
  run,
};

async function run(context: BenchContext): Promise<readonly Figure[]> {
  const repetitions = context.quick ? 1 : 7;
  await using environment = await startEnvironment(context, context.quick ? 5 : 50);
  await using client = new KubeClient(environment.plane);
  const { namespaces } = environment;
  await storeIssues(context, environment, namespaces);
  const { items } = await client.json<IssueList>('GET', `${API.ours}/issues?limit=1`);
  const [issue] = items;
  if (!issue) throw new Error('no issue is listed after all reports');
  await storeCopies(context, environment, namespaces, await createCrd(context, environment, issue));
  const figures: Figure[] = [];
  await untilAtRest(environment, context);
  for (const query of queriesFor(issue.metadata)) {
    figures.push(await compare(context, environment, client, { query, scenario: 'list', repetitions }));
  }
  figures.push(await compareKubectl(context, environment, repetitions));
  return figures;
}

/** The whole of `kubectl get issues -A`, with a warm discovery cache: most of it is kubectl's own. */
async function compareKubectl(
  { progress }: BenchContext,
  { plane, namespaces }: Environment,
  repetitions: number,
): Promise<Figure> {
  const lines = namespaces.length * PER_NAMESPACE + 1;
  const contestant = (group: string) => async (): Promise<number> => {
    const startedAt = performance.now();
    const { code, stdout, stderr } = await kubectl(['get', `issues.${group}`, '-A'], {
      kubeconfig: plane.adminKubeconfigPath,
    });
    const ms = performance.now() - startedAt;
    const printed = stdout.split('\n').length - 1;
    if (code !== 0 || printed !== lines) throw new Error(`kubectl: ${printed} lines, not ${lines}: ${stderr}`);
    return ms;
  };
  const times = await interleave(
    repetitions,
    { ours: contestant('faultline.dev'), crd: contestant(CRD_GROUP) },
    (name, repetition, ms) => progress.note(`list: kubectl, ${name} ${repetition}: ${number(ms)} ms`),
  );
  const [ours, crd] = [median(times.ours), median(times.crd)];
  return {
    scenario: 'list',
    what: `kubectl get issues -A: ${number(lines - 1)} rows`,
    measured: `${number(ours)} ms`,
    against: `CRD ${number(crd)} ms`,
    ratio: crd / ours,
    goal: `≤ ${KUBECTL_GOAL} × the time`,
    met: ours / crd <= KUBECTL_GOAL,
  };
}
