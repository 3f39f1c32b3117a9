import { API_VERSION, GROUP, VERSION } from '../../crds/names.ts';
import type { Asker } from '../reading/ask.ts';
import { Refusal } from '../reading/fault.ts';
import { endOf, lasting } from './cluster.ts';
import { doubtful, type Finding, ok, type Patient, unknown, wrong } from './finding.ts';

/** How the cluster reaches Faultline. */
export interface ApiService {
  readonly spec?: {
    readonly service?: { readonly namespace: string; readonly name: string; readonly port?: number };
    readonly caBundle?: string;
    readonly insecureSkipTLSVerify?: boolean;
  };
  readonly status?: {
    readonly conditions?: readonly { type: string; status: string; reason?: string; message?: string }[];
  };
}

const NAME = `${VERSION}.${GROUP}`;
const PATH = `/apis/apiregistration.k8s.io/v1/apiservices/${NAME}`;

/** Undefined when it is not to be had, with why in `findings`. */
export async function readApiService(asker: Asker): Promise<{ service?: ApiService; findings: readonly Finding[] }> {
  try {
    return { service: (await asker.json<ApiService>(PATH)).body, findings: [] };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.status === 404) {
      const message = `this cluster has no APIService ${NAME}: Faultline is not installed here`;
      return { findings: [wrong('apiservice', message, 'install it (docs/install.md), or choose another --context')] };
    }
    return { findings: [unknown('apiservice', `you may not look at it (${error.message})`)] };
  }
}

export function availability({ spec, status }: ApiService): Finding {
  const available = status?.conditions?.find(({ type }) => type === 'Available');
  const where = spec?.service === undefined ? 'no Service' : `${spec.service.namespace}/${spec.service.name}`;
  if (available?.status === 'True') return ok('apiservice', `${NAME} is available, behind the Service ${where}`);
  const { reason = 'Unknown', message = 'the cluster has not looked at it yet' } = available ?? {};
  const fix = (FIXES[reason] ?? (() => LOOK_AT_PODS))(spec?.service, message);
  return wrong('apiservice', `${NAME} is not available (${reason}): ${message}`, fix);
}

type ServiceReference = NonNullable<ApiService['spec']>['service'];

const LOOK_AT_PODS = 'look at the server: kubectl -n faultline-system get pods, and their logs';

/** By the reason of the condition, as kube-aggregator's available controller gives it. */
const FIXES: Readonly<Record<string, (service: ServiceReference, message: string) => string>> = {
  ServiceNotFound: (service) =>
    `create the Service ${service?.namespace}/${service?.name} (kubectl apply -k manifests/base), or delete the APIService: without a server it blocks the deletion of every namespace`,
  ServicePortError: (service) =>
    `the Service ${service?.namespace}/${service?.name} needs the port ${service?.port ?? 443} of the APIService`,
  EndpointsNotFound: (service) => noPods(service),
  MissingEndpoints: (service) => noPods(service),
  FailedDiscoveryCheck: (_, message) => failedCheck(message),
};

function noPods(service: ServiceReference): string {
  const namespace = service?.namespace ?? 'faultline-system';
  return `no Pod of the server is ready: kubectl -n ${namespace} get pods, then the log of one that is not`;
}

function failedCheck(message: string): string {
  if (isCertificate(message)) return CERTIFICATE_FIX;
  if (/deadline exceeded|timeout|no route|connection refused|i\/o timeout/i.test(message)) {
    return 'kube-apiserver does not reach the Pods: is there a NetworkPolicy or a firewall between the control plane and port 7443?';
  }
  if (/\b(401|403)\b/.test(message)) {
    return 'the server does not believe kube-apiserver: see docs/access.md, "When nobody gets in"';
  }
  return LOOK_AT_PODS;
}

export const CERTIFICATE_FIX =
  'the serving certificate needs the name <service>.<namespace>.svc and an authority that caBundle of the APIService holds: kubectl -n faultline-system get certificate (docs/install.md)';

export function isCertificate(message: string): boolean {
  return /x509|certificate|tls:/i.test(message);
}

/** Whether kube-apiserver can know the server by its certificate, as far as the APIService says. */
export function authority({ spec = {} }: ApiService, { now }: Patient): Finding {
  const { caBundle = '', insecureSkipTLSVerify } = spec;
  if (insecureSkipTLSVerify) {
    return doubtful(
      'certificate',
      'the APIService believes any certificate (insecureSkipTLSVerify)',
      'give it the authority as caBundle, and remove insecureSkipTLSVerify',
    );
  }
  if (caBundle === '') {
    const message = 'the APIService has no caBundle, so only an authority of the system is believed';
    return doubtful(
      'certificate',
      message,
      'let cert-manager inject it: cert-manager.io/inject-ca-from, as in manifests/base',
    );
  }
  const ends = endOf(Buffer.from(caBundle, 'base64'));
  if (ends === undefined) return wrong('certificate', 'caBundle of the APIService is no certificate', CERTIFICATE_FIX);
  return lasting('certificate', 'the authority in caBundle of the APIService', ends, now, CERTIFICATE_FIX);
}

/** What discovery promises, and so what kubectl and the clients believe. */
export async function discovery({ asker }: Patient): Promise<readonly Finding[]> {
  interface Resource {
    readonly name: string;
    readonly verbs: readonly string[];
  }
  try {
    const { body } = await asker.json<{ resources?: Resource[] }>(`/apis/${API_VERSION}`);
    const { resources = [] } = body;
    const issues = resources.find(({ name }) => name === 'issues');
    const missing = ['get', 'list', 'watch'].filter((verb) => !issues?.verbs.includes(verb));
    if (missing.length > 0) {
      const message = `${API_VERSION} does not serve issues with ${missing.join(', ')}`;
      return [wrong('discovery', message, 'is another server registered for this group? kubectl get apiservice')];
    }
    if (!resources.some(({ name }) => name === 'issues/timeline')) {
      const message = 'the server knows no timelines and statistics: it is older than this command';
      return [doubtful('discovery', message, 'upgrade the server')];
    }
    return [ok('discovery', `${API_VERSION} serves ${resources.length} resources and subresources`)];
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (isCertificate(error.message)) return [wrong('certificate', error.message, CERTIFICATE_FIX)];
    if (error.status === 403) return [unknown('discovery', error.message)];
    return [wrong('discovery', error.message, `kubectl get apiservice ${NAME} says why`)];
  }
}
