import { Document } from 'yaml';
import { clusterKinds } from '../backend/cluster-kinds.ts';
import { connectCluster } from '../cluster/connection.ts';
import type { RbacOptions } from '../commands/rbac.ts';
import { configure } from '../configuration/controllers.ts';
import { EXIT } from '../exit.ts';
import type { Streams } from '../streams.ts';
import { guessedName, servedNames } from './kind-names.ts';
import { rbacObjects } from './rbac-objects.ts';
import { requiredRules } from './required-rules.ts';

/** `faultline rbac`: answers the exit code. Throws a Failure for a cluster that is named and does not answer. */
export async function runRbac(options: RbacOptions, streams: Streams): Promise<number> {
  const { account, kubeconfig, context, leases, rules: followed } = options;
  const { configuration, controllers, file } = await configure(options.config, streams);
  const { namespaces, issues, leaderElection } = configuration;
  const { clusterScopedNamespace } = issues;
  await using closing = new AsyncDisposableStack();
  const asked = kubeconfig !== undefined || context !== undefined;
  const nameOf = asked
    ? await servedNames(
        closing.use(clusterKinds(await connectCluster({ kubeconfig, context }, streams), Date.now)),
        controllers,
      )
    : guessedName;
  const elects = leases && leaderElection.enabled !== false;
  const leasesIn = elects ? (leaderElection.namespace ?? account.namespace) : undefined;
  const rules = requiredRules({ controllers, namespaces, clusterScopedNamespace, nameOf, rules: followed, leasesIn });
  const objects = rbacObjects(rules, account);
  const of = file ?? 'the built-in configuration';
  streams.out.write(options.output === 'json' ? asJson(objects) : asYaml(objects, of));
  return EXIT.ok;
}

function asJson(objects: readonly object[]): string {
  return `${JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }, null, 2)}\n`;
}

function asYaml(objects: readonly object[], file: string): string {
  const documents = objects.map((object) => String(new Document(object, { aliasDuplicateObjects: false })));
  return `# What the controllers of ${file} need, and nothing more: faultline rbac | kubectl apply -f -\n${documents.join('---\n')}`;
}
