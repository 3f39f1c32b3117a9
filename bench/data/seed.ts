import type { Issue, IssueList } from '../../crds/issue.ts';
import { number } from '../harness/figure.ts';
import { LoadGenerator } from '../load/load-generator.ts';
import { Workload } from '../load/workload.ts';
import type { Environment } from '../product/environment.ts';
import { eachOf, KubeClient } from '../product/kube-client.ts';
import type { BenchContext } from '../scenario.ts';
import { CRD_GROUP, CRD_VERSION, issueCrd } from './issue-crd.ts';

/** How many issues a namespace has: the size of a list that is measured. */
export const PER_NAMESPACE = 200;

/** `/apis/…` of ours and of the CRD of the same shape. */
export const API = {
  ours: '/apis/faultline.dev/v1alpha1',
  crd: `/apis/${CRD_GROUP}/${CRD_VERSION}`,
} as const;

/** Namespaces that are filled as one piece of work, which is in the memory of the load generator as a whole. */
export const PIECE = 50;

/** Fills the namespaces, in order, with 200 failures each, by real reports in batches of 100. */
export async function storeIssues(
  { progress, signal }: BenchContext,
  { target }: Environment,
  namespaces: readonly string[],
): Promise<void> {
  await using load = new LoadGenerator(signal);
  const startedAt = performance.now();
  const total = namespaces.length * PER_NAMESPACE;
  for (let first = 0; first < namespaces.length; first += PIECE) {
    const some = namespaces.slice(first, first + PIECE);
    progress.step(`reporting failures: ${first * PER_NAMESPACE} of ${total}`);
    await load.send(target, 4, new Workload(some).fresh(some.length * PER_NAMESPACE, 100));
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  progress.note(`${number(total)} failures reported in ${number(seconds)} s`);
}

/** Creates the CRD and waits until it is served. Answers what kube-apiserver stores of a copy of this issue. */
export async function createCrd(context: BenchContext, { plane }: Environment, issue: Issue): Promise<StoredObject> {
  await using client = new KubeClient(plane);
  await client.json('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', issueCrd());
  await untilServed(client, context.signal);
  const { namespace, name } = issue.metadata;
  const { metadata, spec, status } = issue;
  const copy = { apiVersion: `${CRD_GROUP}/${CRD_VERSION}`, kind: 'Issue', spec, status };
  const { labels } = metadata;
  await client.json('POST', `${API.crd}/namespaces/${namespace}/issues`, { ...copy, metadata: { name, labels } });
  const range = { key: base64(etcdKey(namespace, name)) };
  const { kvs } = await etcd<{ kvs: { value: string }[] }>(plane.etcdUrl, 'range', range);
  return JSON.parse(Buffer.from(kvs[0]?.value ?? '', 'base64').toString()) as StoredObject;
}

interface StoredObject {
  readonly metadata: object;
}

/**
 * The issues of these namespaces once more, as custom resources. Written to etcd as kube-apiserver itself would
 * (`like` is one that it wrote, with its managedFields), a hundred a transaction: created through the API, 100,000 of
 * them would take longer than all that is measured.
 */
export async function storeCopies(
  context: BenchContext,
  { plane }: Environment,
  namespaces: readonly string[],
  like: StoredObject,
): Promise<void> {
  const { progress, signal } = context;
  await using client = new KubeClient(plane, 2);
  let copied = 0;
  await eachOf(namespaces, 2, async (namespace) => {
    signal.throwIfAborted();
    const { items } = await client.json<IssueList>('GET', `${API.ours}/namespaces/${namespace}/issues`);
    if (items.length !== PER_NAMESPACE) throw new Error(`${items.length} issues in ${namespace}, not ${PER_NAMESPACE}`);
    for (let first = 0; first < items.length; first += 100) {
      const puts = items.slice(first, first + 100).map((issue) => ({ request_put: copyOf(issue, like) }));
      await etcd(plane.etcdUrl, 'txn', { success: puts });
    }
    copied += items.length;
    if (copied % 2_000 === 0) {
      progress.step(`copying into etcd: ${copied} of ${namespaces.length * PER_NAMESPACE}`);
    }
  });
  progress.step('waiting until the copies are listed');
  for (const namespace of namespaces) await untilAllListed(client, namespace);
}

/** A transaction is one revision, and a list that is as new as that may still lack some of its objects. */
async function untilAllListed(client: KubeClient, namespace: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const path = `${API.crd}/namespaces/${namespace}/issues?resourceVersion=0`;
    const { items } = await client.json<IssueList>('GET', path);
    if (items.length === PER_NAMESPACE) return;
    if (attempt === 100) throw new Error(`${items.length} copies in ${namespace}, not ${PER_NAMESPACE}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function copyOf({ metadata, spec, status }: Issue, like: StoredObject) {
  const { name, namespace, labels } = metadata;
  const object = { ...like, metadata: { ...like.metadata, name, namespace, labels, uid: crypto.randomUUID() } };
  return { key: base64(etcdKey(namespace, name)), value: base64(JSON.stringify({ ...object, spec, status })) };
}

function etcdKey(namespace: string, name: string): string {
  return `/registry/${CRD_GROUP}/issues/${namespace}/${name}`;
}

async function etcd<T>(url: string, what: 'txn' | 'range', body: object): Promise<T> {
  const answer = await fetch(`${url}/v3/kv/${what}`, { method: 'POST', body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`etcd ${what}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

async function untilServed(client: KubeClient, signal: AbortSignal): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    signal.throwIfAborted();
    try {
      await client.json('GET', `${API.crd}/issues?limit=1`);
      return;
    } catch (error) {
      if (attempt === 199) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
