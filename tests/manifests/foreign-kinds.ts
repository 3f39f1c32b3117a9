/** Kinds of others that the manifests and the controllers name, so that an API server without them takes their objects. */

const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

function definition(group: string, version: string, kind: string, plural = `${kind.toLowerCase()}s`): object {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase() },
      versions: [{ name: version, served: true, storage: true, schema: { openAPIV3Schema: anything } }],
    },
  };
}

/** cert-manager's; what it thinks of them is not looked at. */
export const certManagerCrds = [
  definition('cert-manager.io', 'v1', 'Issuer'),
  definition('cert-manager.io', 'v1', 'Certificate'),
];

/** The operator of Prometheus'. */
export const monitoringCrds = [
  definition('monitoring.coreos.com', 'v1', 'PodMonitor'),
  definition('monitoring.coreos.com', 'v1', 'PrometheusRule'),
];

/** What the controller of PipelineRuns reads besides, where it is installed. */
export const konfluxCrds = [
  definition('appstudio.redhat.com', 'v1alpha1', 'Application'),
  definition('appstudio.redhat.com', 'v1alpha1', 'Component'),
  definition('appstudio.redhat.com', 'v1alpha1', 'ReleasePlan'),
  definition('appstudio.redhat.com', 'v1beta2', 'IntegrationTestScenario'),
  definition('pipelinesascode.tekton.dev', 'v1alpha1', 'Repository', 'repositories'),
];
