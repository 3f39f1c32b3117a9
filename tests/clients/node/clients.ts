/** Informers of @kubernetes/client-node, for tests/e2e/clients.e2e.test.ts: the protocol is that of ../go/main.go. */
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CustomObjectsApi,
  KubeConfig,
  type KubernetesListObject,
  type KubernetesObject,
  ListWatch,
  type RequestContext,
  setHeaderOptions,
  Watch,
} from '@kubernetes/client-node';
import type { ClientSpec } from '../clients.ts';

const issues = { group: 'faultline.dev', version: 'v1alpha1', plural: 'issues' };

/** Watches take no options for headers, unlike lists; all of them pass here. */
class NamedConfig extends KubeConfig {
  readonly #userAgent: string;

  constructor(userAgent: string) {
    super();
    this.#userAgent = userAgent;
  }

  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    await super.applySecurityAuthentication(context);
    context.setHeaderParam('User-Agent', this.#userAgent);
  }
}

type IssueInformer = ListWatch<KubernetesObject>;

function start(kubeconfig: string, spec: ClientSpec): IssueInformer {
  const config = new NamedConfig(spec.name);
  config.loadFromFile(kubeconfig);
  const api = config.makeApiClient(CustomObjectsApi);
  const { name, namespace, labelSelector, fieldSelector } = spec;
  const selectors = { ...(labelSelector && { labelSelector }), ...(fieldSelector && { fieldSelector }) };
  const headers = setHeaderOptions('User-Agent', name);
  const list = async (): Promise<KubernetesListObject<KubernetesObject>> =>
    namespace
      ? api.listNamespacedCustomObject({ ...issues, namespace, ...selectors }, headers)
      : api.listCustomObjectForAllNamespaces({ ...issues, resourcePlural: issues.plural, ...selectors }, headers);
  const path = `/apis/${issues.group}/${issues.version}/${namespace ? `namespaces/${namespace}/` : ''}${issues.plural}`;
  // What makeInformer returns, with a field selector, which makeInformer does not take.
  const informer = new ListWatch(path, new Watch(config), list, false, labelSelector, fieldSelector);
  // As its example says: after an error it has stopped, and whoever wants it to go on starts it again.
  informer.on('error', async (error: unknown) => {
    console.error(`${name}: ${String(error)}`);
    await sleep(1_000);
    void informer.start();
  });
  void informer.start();
  return informer;
}

const { kubeconfig, clients } = JSON.parse(process.argv[2] ?? '') as { kubeconfig: string; clients: ClientSpec[] };
const informers = clients.map((spec) => [spec.name, start(kubeconfig, spec)] as const);
for await (const _ of createInterface(process.stdin)) {
  // Without a resourceVersion it is about to list.
  const held = informers.map(([name, informer]) => [
    name,
    informer.latestResourceVersion() === '' ? null : informer.list(),
  ]);
  console.log(JSON.stringify(Object.fromEntries(held)));
}
process.exit(0);
