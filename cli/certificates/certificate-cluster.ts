import { ClusterApiError, type OwningClusterApi } from '../../apiserver/kube/access/index.ts';
import type { SecretData } from './stored-certificates.ts';

/** Where managed certificates live. Every write is on condition that nobody wrote since what was read (409). */
export interface CertificateCluster {
  /** Undefined: there is none. */
  secret(): Promise<{ readonly data: SecretData; readonly version: string } | undefined>;
  /** False: somebody else was quicker, look again. `version` undefined: make it. */
  writeSecret(data: SecretData, version: string | undefined): Promise<boolean>;
  /** What the aggregator trusts; undefined: the API is not registered. */
  trust(): Promise<Trust | undefined>;
  /** False: somebody else was quicker, look again. */
  writeTrust(bundle: string, version: string): Promise<boolean>;
}

export interface Trust {
  /** PEM; '' when there is none. */
  readonly bundle: string;
  readonly version: string;
  /** Who else set it last; undefined: we, or nobody. */
  readonly setBy: string | undefined;
}

export interface Place {
  readonly namespace: string;
  /** Of the Secret. */
  readonly secret: string;
  /** `v1alpha1.faultline.dev`. */
  readonly apiService: string;
}

/** Owns `spec.caBundle` of the APIService and nothing else of it, so that GitOps tools see no difference. */
export const FIELD_MANAGER = 'faultline-certificates';

/** On a cluster, with `get` and `patch` on that one Secret and that one APIService. */
export function certificateCluster(
  api: OwningClusterApi,
  { namespace, secret, apiService }: Place,
): CertificateCluster {
  const secrets = `/api/v1/namespaces/${namespace}/secrets`;
  const registration = `/apis/apiregistration.k8s.io/v1/apiservices/${apiService}`;
  const explain = explaining(`Secret ${namespace}/${secret}`, `APIService ${apiService}`);
  return {
    async secret() {
      const found = await explain.secret(ifFound(api.get(`${secrets}/${secret}`)));
      if (found === undefined) return undefined;
      const { metadata, data = {} } = found as SecretObject;
      return {
        data: mapValues(data, (text) => Buffer.from(text, 'base64').toString()),
        version: metadata.resourceVersion,
      };
    },
    async writeSecret(content, resourceVersion) {
      const data = mapValues(content, (text) => (text === null ? null : Buffer.from(text).toString('base64')));
      if (resourceVersion !== undefined) {
        const patch = { metadata: { resourceVersion }, data };
        return await explain.secret(ifFirst(api.patch(`${secrets}/${secret}`, patch)));
      }
      const given = Object.fromEntries(Object.entries(data).filter(([, value]) => value !== null));
      const made = { apiVersion: 'v1', kind: 'Secret', metadata: { name: secret }, type: 'Opaque', data: given };
      return await explain.secret(ifFirst(api.post(secrets, made)));
    },
    async trust() {
      const found = await explain.apiService(ifFound(api.get(registration)));
      if (found === undefined) return undefined;
      const { metadata, spec } = found as ApiServiceObject;
      const bundle = Buffer.from(spec.caBundle ?? '', 'base64').toString();
      return { bundle, version: metadata.resourceVersion, setBy: otherOwner(metadata.managedFields) };
    },
    async writeTrust(bundle, resourceVersion) {
      const apply = {
        apiVersion: 'apiregistration.k8s.io/v1',
        kind: 'APIService',
        metadata: { name: apiService, resourceVersion },
        spec: { caBundle: Buffer.from(bundle).toString('base64') },
      };
      return await explain.apiService(ifFirst(api.apply(registration, apply, { fieldManager: FIELD_MANAGER })));
    },
  };
}

interface SecretObject {
  readonly metadata: { readonly resourceVersion: string };
  readonly data?: Readonly<Record<string, string>>;
}

interface ApiServiceObject {
  readonly metadata: { readonly resourceVersion: string; readonly managedFields?: readonly ManagedFields[] };
  readonly spec: { readonly caBundle?: string };
}

interface ManagedFields {
  readonly manager?: string;
  readonly fieldsV1?: { readonly 'f:spec'?: object };
}

function otherOwner(managed: readonly ManagedFields[] = []): string | undefined {
  const owns = ({ fieldsV1 }: ManagedFields) => 'f:caBundle' in (fieldsV1?.['f:spec'] ?? {});
  return managed.filter(owns).find(({ manager }) => manager !== FIELD_MANAGER)?.manager;
}

async function ifFound<T>(answer: Promise<T>): Promise<T | undefined> {
  return await answer.catch((error: unknown) => {
    if (error instanceof ClusterApiError && error.status === 404) return undefined;
    throw error;
  });
}

/** 404: it was deleted meanwhile. */
async function ifFirst(answer: Promise<unknown>): Promise<boolean> {
  return await answer.then(
    () => true,
    (error: unknown) => {
      if (error instanceof ClusterApiError && (error.status === 409 || error.status === 404)) return false;
      throw error;
    },
  );
}

/** A right that is missing is named with where it belongs. */
function explaining(secret: string, apiService: string) {
  const adding =
    (what: string, role: string) =>
    async <T>(answer: Promise<T>): Promise<T> =>
      await answer.catch((error: unknown) => {
        if (!(error instanceof ClusterApiError) || error.status !== 403) throw error;
        const advice = `${what}: ${error.why}: a ${role} must allow get and patch on it (docs/certificates.md)`;
        throw new ClusterApiError(advice, error.status, { cause: error, why: advice });
      });
  return { secret: adding(secret, 'Role'), apiService: adding(apiService, 'ClusterRole') };
}

function mapValues<In, Out>(from: Readonly<Record<string, In>>, change: (value: In) => Out): Record<string, Out> {
  return Object.fromEntries(Object.entries(from).map(([key, value]) => [key, change(value)]));
}
