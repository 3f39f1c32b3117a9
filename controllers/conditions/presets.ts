import type { Options } from './options.ts';

/** What is known of a kind: options that need not be written. */
export interface Preset extends Partial<Omit<Options, 'apiVersion'>> {
  readonly apiVersion?: readonly string[];
  /** For the page: what it is of, and what it says besides `Ready`. */
  readonly about: string;
}

export type PresetName = keyof typeof PRESETS;

const READY = { type: 'Ready' };
/** Crossplane says so of what somebody paused by its annotation. */
const PAUSED = ['ReconcilePaused'];

const flux = (group: string, versions: readonly string[], kind: string, about: string): Preset => ({
  apiVersion: versions.map((version) => `${group}.toolkit.fluxcd.io/${version}`),
  kind,
  conditions: [{ ...READY, ignoreReasons: ['DependencyNotReady'] }],
  type: 'release',
  // While it works Ready is Unknown: False means that an attempt failed. Every attempt sets its time anew.
  for: '1m',
  reconcilingFor: '1m',
  about: `Flux: ${about}`,
});

const source = (kind: string): Preset => flux('source', ['v1', 'v1beta2'], kind, 'a source that cannot be fetched.');

const certManager = (kind: string, about: string): Preset => ({
  apiVersion: ['cert-manager.io/v1'],
  kind,
  type: 'security',
  for: '10m', // what a challenge of a name may take
  about: `cert-manager: ${about}`,
});

const clusterApi = (kind: string, about: string): Preset => ({
  apiVersion: ['cluster.x-k8s.io/v1beta2', 'cluster.x-k8s.io/v1beta1'],
  kind,
  // v1beta1 has Ready alone, v1beta2 Available and, of Machines, both. A False with severity Info is on its way.
  conditions: [READY, { type: 'Available' }],
  states: [{ field: 'status.phase', bad: ['Failed'], message: 'status.failureMessage' }],
  for: '15m',
  about: `Cluster API: ${about}`,
});

export const PRESETS = {
  'argo-cd-application': {
    apiVersion: ['argoproj.io/v1alpha1'],
    kind: 'Application',
    // Conditions of an Application have no status: that one is there is what it says. Warnings are none of ours.
    conditions: ['ComparisonError', 'InvalidSpecError', 'SyncError', 'DeletionError', 'UnknownError'].map((type) => ({
      type,
      bad: ['Present'],
    })),
    states: [
      {
        field: 'status.health.status',
        bad: ['Degraded', 'Missing'],
        since: 'status.health.lastTransitionTime',
        message: 'status.health.message',
      },
      {
        field: 'status.operationState.phase',
        bad: ['Failed', 'Error'],
        since: 'status.operationState.finishedAt',
        message: 'status.operationState.message',
      },
    ],
    type: 'release',
    about:
      'Argo CD: health `Degraded` or `Missing`, a sync that failed, and errors among the conditions. Not `OutOfSync`.',
  },
  'argo-cd-applicationset': {
    apiVersion: ['argoproj.io/v1alpha1'],
    kind: 'ApplicationSet',
    conditions: [{ type: 'ErrorOccurred', bad: ['True'] }],
    type: 'release',
    about: 'Argo CD: `ErrorOccurred=True`.',
  },
  'flux-kustomization': flux('kustomize', ['v1', 'v1beta2'], 'Kustomization', 'a build or apply that fails.'),
  'flux-helmrelease': flux('helm', ['v2', 'v2beta2', 'v2beta1'], 'HelmRelease', 'an install or upgrade that fails.'),
  'flux-gitrepository': source('GitRepository'),
  'flux-ocirepository': source('OCIRepository'),
  'flux-helmrepository': source('HelmRepository'),
  'cert-manager-certificate': {
    ...certManager('Certificate', 'a certificate that is not ready, or whose last issuance failed.'),
    conditions: [READY, { type: 'Issuing', bad: ['False'], reasons: ['Failed'], for: '0s' }],
  },
  'cert-manager-issuer': certManager('Issuer', 'an issuer that cannot issue.'),
  'cert-manager-clusterissuer': certManager('ClusterIssuer', 'an issuer that cannot issue.'),
  'knative-service': {
    apiVersion: ['serving.knative.dev/v1'],
    kind: 'Service',
    about: 'Knative Serving: a Service that is not ready.',
  },
  crossplane: {
    conditions: [
      { type: 'Synced', ignoreReasons: PAUSED },
      { type: 'Ready', ignoreReasons: PAUSED },
    ],
    for: '15m',
    about:
      'Crossplane: any managed or composite resource or claim that cannot be synced or is not ready; `apiVersion` and `kind` are yours.',
  },
  'crossplane-provider': {
    apiVersion: ['pkg.crossplane.io/v1'],
    kind: 'Provider',
    conditions: [{ type: 'Installed' }, { type: 'Healthy' }],
    about: 'Crossplane: a Provider that is not installed or not healthy.',
  },
  'cluster-api-cluster': clusterApi('Cluster', 'a workload cluster that is not available.'),
  'cluster-api-machine': clusterApi('Machine', 'a machine that does not come up or is not ready.'),
} satisfies Readonly<Record<string, Preset>>;

/** Presets of one product, whose names begin so: one entry stands for all of them. */
const FAMILIES = ['argo-cd', 'cert-manager', 'cluster-api', 'flux'] as const;

/** Of each product the presets it has, by what their names have besides its own: `flux` → `kustomization` → `flux-kustomization`. */
export const FAMILIES_OF_PRESETS: ReadonlyMap<string, Readonly<Record<string, string>>> = new Map(
  FAMILIES.map((family) => {
    const members = Object.keys(PRESETS).filter((name) => name.startsWith(`${family}-`));
    return [family, Object.fromEntries(members.map((name) => [name.slice(family.length + 1), name]))];
  }),
);
