import type { Kinds } from '../../apiserver/explanations/index.ts';
import type { LoadedController } from '../../controllers/runtime/index.ts';
import { groupOf } from '../../crds/meta.ts';
import { pluralOf } from '../../crds/plural.ts';
import { Failure } from '../exit.ts';
import type { KindName } from './required-rules.ts';

/** Kinds of well-known groups that are in no namespace. */
const CLUSTER_SCOPED = new Set([
  ...['/Node', '/Namespace', '/PersistentVolume', '/ComponentStatus'],
  ...['storage.k8s.io/StorageClass', 'storage.k8s.io/VolumeAttachment', 'storage.k8s.io/CSINode'],
  ...['storage.k8s.io/CSIDriver', 'apiregistration.k8s.io/APIService', 'scheduling.k8s.io/PriorityClass'],
  ...['apiextensions.k8s.io/CustomResourceDefinition', 'node.k8s.io/RuntimeClass', 'networking.k8s.io/IngressClass'],
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration',
  'admissionregistration.k8s.io/MutatingWebhookConfiguration',
  'admissionregistration.k8s.io/ValidatingAdmissionPolicy',
  'certificates.k8s.io/CertificateSigningRequest',
  ...['rbac.authorization.k8s.io/ClusterRole', 'rbac.authorization.k8s.io/ClusterRoleBinding'],
  ...[
    'external-secrets.io/ClusterSecretStore',
    'external-secrets.io/ClusterExternalSecret',
    'kyverno.io/ClusterPolicy',
  ],
  ...['pkg.crossplane.io/Provider', 'pkg.crossplane.io/Configuration', 'pkg.crossplane.io/Function'],
  ...['cert-manager.io/ClusterIssuer', 'config.openshift.io/ClusterOperator', 'config.openshift.io/ClusterVersion'],
  ...['faultline.dev/IssueGroup', 'config.faultline.dev/ClusterIssueRule'],
]);

/** By the rules of English and what is well known. Who has kinds of another scope asks the cluster. */
export function guessedName(apiVersions: readonly string[], kind: string): KindName {
  const group = groupOf(apiVersions[0] ?? '');
  return { group, resource: pluralOf(kind), namespaced: !CLUSTER_SCOPED.has(`${group}/${kind}`) };
}

/** As a cluster serves them. Throws a Failure when it does not answer; what it does not serve yet is guessed. */
export async function servedNames(
  kinds: Kinds,
  controllers: readonly LoadedController[],
): Promise<(apiVersions: readonly string[], kind: string) => KindName> {
  const names = new Map<string, KindName>();
  for (const { definition } of controllers) {
    for (const { apiVersion, kind } of [definition.watches, ...(definition.reads ?? [])]) {
      const group = groupOf([apiVersion].flat()[0] ?? '');
      try {
        const served = await kinds.resolve({ group, kind, name: '' });
        if (served !== undefined) names.set(`${group}/${kind}`, served);
      } catch (cause) {
        throw new Failure(`the cluster cannot be asked for its kinds: ${(cause as Error).message}`, { cause });
      }
    }
  }
  return (apiVersions, kind) => names.get(`${groupOf(apiVersions[0] ?? '')}/${kind}`) ?? guessedName(apiVersions, kind);
}
