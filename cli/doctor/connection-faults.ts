import type { Failure } from '../exit.ts';
import { Refusal } from '../reading/fault.ts';
import { type Finding, wrong } from './finding.ts';

/** What keeps a question from being answered at all: each cause with what to do about it. */

/** What is known of a failure. */
interface Signs {
  /** Of Node's error: `ECONNREFUSED`; empty when there is none. */
  readonly code: string;
  /** Of an answer; 0: there was none. */
  readonly status: number;
  readonly message: string;
}

export interface ConnectionFault {
  /** For tests and readers. */
  readonly name: string;
  readonly check: 'kubeconfig' | 'server' | 'certificate' | 'credentials' | 'rights';
  is(signs: Signs): boolean;
  /** `server`: the URL that was asked; undefined: the kubeconfig named none. */
  fix(server: URL | undefined): string;
}

const code = (codes: RegExp) => (signs: Signs) => codes.test(signs.code);
const said = (words: RegExp) => (signs: Signs) => words.test(signs.message);
const hostOf = (server: URL | undefined): string => server?.hostname ?? 'the server';

/** The first that fits is told. */
export const CONNECTION_FAULTS: readonly ConnectionFault[] = [
  {
    name: 'no kubeconfig',
    check: 'kubeconfig',
    is: said(/^(cannot read the kubeconfig|none of the kubeconfigs)/),
    fix: () => 'name yours with --kubeconfig or $KUBECONFIG; faultline up writes one to .faultline/kubeconfig',
  },
  {
    name: 'a broken kubeconfig',
    check: 'kubeconfig',
    is: said(/is no usable kubeconfig|names no cluster with a server/),
    fix: () => 'kubectl config view shows what can be read of it: get it anew from whoever runs the cluster',
  },
  {
    name: 'an unknown context',
    check: 'kubeconfig',
    is: said(/has no context |has no current context/),
    fix: () => 'kubectl config get-contexts lists them; choose one with --context',
  },
  {
    name: 'an exec plugin that is missing',
    check: 'credentials',
    is: said(/gives no credentials: its program .* is not there/),
    fix: () => 'install the program, or put it on PATH: users[].user.exec.command of the kubeconfig names it',
  },
  {
    name: 'an exec plugin that fails',
    check: 'credentials',
    is: said(/gives no credentials/),
    fix: () => 'run what users[].user.exec of the kubeconfig names by hand: it says why, or asks you to log in',
  },
  {
    name: 'an expired client certificate',
    check: 'credentials',
    is: said(/client certificate of the kubeconfig expired/),
    fix: () => 'get a new kubeconfig from whoever runs the cluster; where it is of faultline up, start that again',
  },
  {
    name: 'nobody knows who asks (401)',
    check: 'credentials',
    is: ({ status }) => status === 401,
    fix: () => 'log in again, or get a new token or kubeconfig: kubectl auth whoami fails the same until then',
  },
  {
    name: 'who asks may nothing (403)',
    check: 'rights',
    is: ({ status }) => status === 403,
    fix: () =>
      'whoever runs the cluster gives it: everybody it knows may read /version by the ClusterRoleBinding system:public-info-viewer',
  },
  {
    name: 'an expired certificate of the server',
    check: 'certificate',
    is: code(/^CERT_HAS_EXPIRED$/),
    fix: () =>
      'whoever runs the cluster renews it (kubeadm certs renew apiserver); faultline up renews its own at its start',
  },
  {
    name: 'a certificate that is not valid yet',
    check: 'certificate',
    is: code(/^CERT_NOT_YET_VALID$/),
    fix: () => 'set the clock of this machine: NTP does it',
  },
  {
    name: 'a certificate for another host',
    check: 'certificate',
    is: code(/^ERR_TLS_CERT_ALTNAME_INVALID$/),
    fix: (server) =>
      `the certificate has no name ${hostOf(server)}: write the one it has into server: of the kubeconfig, or give it as --tls-server-name`,
  },
  {
    name: 'an unknown authority',
    check: 'certificate',
    is: code(
      /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT.*)|CERT_SIGNATURE_FAILURE|ERR_SSL_.*UNKNOWN_CA)$/,
    ),
    fix: () =>
      'get the kubeconfig of this cluster anew, or name who signed the certificate with --certificate-authority',
  },
  {
    name: 'a server without TLS',
    check: 'server',
    is: said(/wrong version number|packet length too long|speaks no TLS/),
    fix: (server) => `write http:// instead of https:// for ${server?.host ?? 'it'}, or use the port that speaks TLS`,
  },
  {
    name: 'a proxy that does not connect',
    check: 'server',
    is: said(/the proxy .* does not connect/),
    fix: (server) => `is the proxy the right one (HTTPS_PROXY, proxy-url)? NO_PROXY=${hostOf(server)} goes without it`,
  },
  {
    name: 'nobody listens',
    check: 'server',
    is: code(/^ECONNREFUSED$/),
    fix: (server) =>
      `nothing listens at ${server?.host ?? 'the server'}: start it (faultline up, minikube start, …), or choose another --context`,
  },
  {
    name: 'an unknown name',
    check: 'server',
    is: code(/^(ENOTFOUND|EAI_AGAIN|EAI_NODATA)$/),
    fix: (server) => `nobody knows the name ${hostOf(server)}: is it written right, and are you in its network or VPN?`,
  },
  {
    name: 'no answer',
    check: 'server',
    is: (signs) => /^(ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)$/.test(signs.code) || /no answer for/.test(signs.message),
    fix: (server) =>
      `nothing comes back from ${hostOf(server)}: VPN, firewall, or a proxy that has to be named (HTTPS_PROXY)?`,
  },
  {
    name: 'a connection that is cut',
    check: 'server',
    is: (signs) => /^(ECONNRESET|EPIPE|EPROTO)$/.test(signs.code),
    fix: (server) =>
      server?.protocol === 'http:'
        ? `it closes the connection: write https:// instead of http:// for ${server.host}`
        : 'something on the way closes the connection: a proxy, a load balancer, a server that is starting?',
  },
  {
    name: 'no Kubernetes',
    check: 'server',
    is: (signs) => signs.status === 404 || /answered what is no JSON/.test(signs.message),
    fix: (server) =>
      `${server ? `${server.origin}${server.pathname}` : 'it'} is no Kubernetes API server: check server: of the kubeconfig, or choose another --context`,
  },
  {
    name: 'a server in trouble',
    check: 'server',
    is: ({ status }) => status >= 500 || status === 429,
    fix: () => 'the API server itself is in trouble: kubectl get --raw /readyz?verbose says what, and it may pass',
  },
];

const OTHERWISE = 'kubectl cluster-info says whether the cluster itself answers; --context chooses another';

/** Of a failure before anything could be asked. `server`: where it was sent, as far as it is known. */
export function connectionFault(failure: Failure, server: string | undefined): Finding {
  const { cause, message } = failure;
  const signs: Signs = {
    code: String((cause as NodeJS.ErrnoException | undefined)?.code ?? ''),
    status: failure instanceof Refusal ? failure.status : 0,
    message: `${message} ${cause instanceof Error ? cause.message : ''}`,
  };
  const fault = CONNECTION_FAULTS.find((each) => each.is(signs));
  const url = server !== undefined && URL.canParse(server) ? new URL(server) : undefined;
  return wrong(fault?.check ?? 'server', message, fault?.fix(url) ?? OTHERWISE);
}
