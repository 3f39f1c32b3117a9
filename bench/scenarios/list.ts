import type { Issue, IssueList } from '../../crds/issue.ts';
import { CRD_GROUP, CRD_VERSION, issueCrd } from '../data/issue-crd.ts';
import { type Figure, number } from '../harness/figure.ts';
import { interleave } from '../harness/interleave.ts';
import { median } from '../harness/statistics.ts';
import { LoadGenerator } from '../load/load-generator.ts';
import { Workload } from '../load/workload.ts';
import { type Environment, startEnvironment } from '../product/environment.ts';
import { eachOf, KubeClient } from '../product/kube-client.ts';
import type { BenchContext, Scenario } from '../scenario.ts';

const NAMESPACES = 50;
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';
const GROUPS = { ours: 'faultline.dev/v1alpha1', crd: `${CRD_GROUP}/${CRD_VERSION}` } as const;

interface Query {
  readonly what: string;
  /** After `/apis/<group>/<version>`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Requests in one repetition; its value is their median. */
  readonly requests: number;
  readonly goal?: number;
}

/** Lists and gets through the aggregator beside a CRD of the same shape on the same kube-apiserver. */
export const list: Scenario = {
  name: 'list',
  summary: '10,000 issues through the aggregator beside a CRD of the same shape on the same kube-apiserver.',
  run,
};

async function run(context: BenchContext): Promise<readonly Figure[]> {
  const issues = context.quick ? 1_000 : 10_000;
  await using environment = await startEnvironment(context, NAMESPACES);
  await using client = new KubeClient(environment.plane);
  const served = await storeIssues(context, environment, client, issues);
  await storeCopies(context, environment, served);
  const figures: Figure[] = [];
  for (const query of queriesFor(served[0] as Issue)) figures.push(await compare(context, client, query));
  return figures;
}

function queriesFor({ metadata: { namespace, name } }: Issue): Query[] {
  const json = { accept: 'application/json' };
  const page = '/issues?limit=500';
  return [
    { what: 'all, JSON', path: '/issues', headers: json, requests: 3, goal: 8 },
    { what: 'all, JSON, gzip', path: '/issues', headers: { ...json, 'accept-encoding': 'gzip' }, requests: 2 },
    { what: 'page of 500, Table', path: page, headers: { accept: `${TABLE},application/json` }, requests: 20, goal: 4 },
    { what: 'page of 500, JSON', path: page, headers: json, requests: 10 },
    { what: 'one namespace, JSON', path: `/namespaces/${namespace}/issues`, headers: json, requests: 30 },
    { what: 'get one, JSON', path: `/namespaces/${namespace}/issues/${name}`, headers: json, requests: 100 },
  ];
}

async function compare(context: BenchContext, client: KubeClient, query: Query): Promise<Figure> {
  const { progress, quick } = context;
  const items = await itemsOf(client, query, 'ours');
  const copies = await itemsOf(client, query, 'crd');
  if (items !== copies) throw new Error(`${query.what}: ${items} issues beside ${copies} objects of the CRD`);
  const bytes = { ours: 0, crd: 0 };
  const contestant = (who: 'ours' | 'crd') => async (): Promise<number> => {
    const times: number[] = [];
    for (let request = 0; request < query.requests; request++) {
      const got = await client.time(`/apis/${GROUPS[who]}${query.path}`, query.headers);
      bytes[who] = got.bytes;
      times.push(got.ms);
    }
    return median(times);
  };
  const times = await interleave(
    quick ? 1 : 7,
    { ours: contestant('ours'), crd: contestant('crd') },
    (name, repetition, ms) => progress.note(`list: ${query.what}, ${name} ${repetition}: ${number(ms)} ms`),
  );
  const ours = median(times.ours);
  const crd = median(times.crd);
  return {
    scenario: 'list',
    what: `${query.what}: ${number(items)} objects`,
    measured: `${number(ours)} ms (${size(bytes.ours)})`,
    against: `CRD ${number(crd)} ms (${size(bytes.crd)})`,
    ratio: crd / ours,
    ...(query.goal === undefined ? {} : { goal: `≥ ${query.goal} ×`, met: crd / ours >= query.goal }),
  };
}

/** How many objects the answer holds: items of a list, rows of a Table, 1 for an object. */
async function itemsOf(client: KubeClient, query: Query, who: 'ours' | 'crd'): Promise<number> {
  const path = `/apis/${GROUPS[who]}${query.path}`;
  const { accept } = query.headers;
  const body = await client.json<{ kind: string; items?: unknown[]; rows?: unknown[] }>('GET', path, undefined, accept);
  return body.items?.length ?? body.rows?.length ?? (body.kind === 'Issue' ? 1 : 0);
}

/** Reports so many failures and answers the issues as they are served. */
export async function storeIssues(
  { progress, signal }: BenchContext,
  { namespaces, target }: Environment,
  client: KubeClient,
  count: number,
): Promise<readonly Issue[]> {
  progress.step(`reporting ${count} failures`);
  await using load = new LoadGenerator(signal);
  await load.send(target, 4, new Workload(namespaces).fresh(count, 100));
  const { items } = await client.json<IssueList>('GET', `/apis/${GROUPS.ours}/issues`);
  if (items.length !== count) throw new Error(`${items.length} issues are listed after ${count} reports`);
  return items;
}

/** The same objects once more, as custom resources in etcd. */
async function storeCopies(context: BenchContext, { plane }: Environment, issues: readonly Issue[]): Promise<void> {
  const parallel = 24;
  await using client = new KubeClient(plane, parallel);
  await client.json('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', issueCrd());
  await untilServed(client, context.signal);
  const startedAt = performance.now();
  let created = 0;
  await eachOf(issues, parallel, async ({ spec, status, metadata: { name, namespace, labels } }) => {
    context.signal.throwIfAborted();
    const copy = { apiVersion: GROUPS.crd, kind: 'Issue', metadata: { name, namespace, labels }, spec, status };
    await client.json('POST', `/apis/${GROUPS.crd}/namespaces/${namespace}/issues`, copy);
    if (++created % 500 === 0) context.progress.step(`creating custom resources: ${created} of ${issues.length}`);
  });
  const rate = created / ((performance.now() - startedAt) / 1_000);
  context.progress.note(`list: ${created} custom resources created, ${number(rate)}/s`);
}

async function untilServed(client: KubeClient, signal: AbortSignal): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    signal.throwIfAborted();
    try {
      await client.json('GET', `/apis/${GROUPS.crd}/issues?limit=1`);
      return;
    } catch (error) {
      if (attempt === 199) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function size(bytes: number): string {
  return bytes >= 1_000_000 ? `${number(bytes / 1_000_000)} MB` : `${number(bytes / 1_000)} kB`;
}
