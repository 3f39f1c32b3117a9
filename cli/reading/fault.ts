import { X509Certificate } from 'node:crypto';
import { retryAfter } from '../../controllers/runtime/retry-after.ts';
import type { Status } from '../../crds/meta.ts';
import { oneLine } from '../../crds/text.ts';
import type { ClusterConnection } from '../cluster/connection.ts';
import { Failure } from '../exit.ts';

const MAX_LINE = 1_000;

/** An answer that is no 2xx: the message is a line for people, and `status` and `reason` are for who knows better. */
export class Refusal extends Failure {
  readonly status: number;
  /** Of the Status that came; undefined when something else did. */
  readonly reason: string | undefined;
  /** Whether a Kubernetes object is what is missing or refused, and not a path. */
  readonly object: string | undefined;
  /** When the server wants to be asked again, in so many ms; undefined: it does not say. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    status: number,
    reason: string | undefined,
    object: string | undefined,
    retryAfterMs?: number,
  ) {
    super(message);
    this.retryAfterMs = retryAfterMs;
    this.status = status;
    this.reason = reason;
    this.object = object;
  }
}

/**
 * One line about an answer that is no 2xx: what the server said, or what its saying nothing means. `again`: its header
 * `Retry-After`.
 */
export function faultOfAnswer(status: number, text: string, connection: ClusterConnection, again?: string): Refusal {
  const answered = statusOf(text);
  const object = answered?.details?.name;
  const line = lineOf(status, answered, text, connection);
  return new Refusal(oneLine(line, MAX_LINE), status, answered?.reason, object, retryAfter(again));
}

function lineOf(
  status: number,
  answered: Partial<Status> | undefined,
  text: string,
  connection: ClusterConnection,
): string {
  const where = whereIs(connection);
  if (status === 401) return `${where} does not know you: ${whyUnknown(connection)}`;
  // A 404 that names nothing: the path itself is unknown there.
  if (status === 404 && answered?.details?.name === undefined) {
    return `${where} serves no issues, or not in this version: use the kubeconfig of a cluster with Faultline, or of faultline up`;
  }
  // kube-apiserver's own words about an APIService that is away are no Status.
  if (status === 503 && answered?.reason === undefined) {
    return `${where} has Faultline, and it does not answer (${answered?.message ?? text}): see kubectl get apiservice v1alpha1.faultline.dev`;
  }
  const said = answered?.message ?? `the server answered ${status}: ${text.slice(0, 200)}`;
  if (status === 403) return `${said}; ask for the right, see docs/access.md`;
  return status === 503 || status === 429 ? `${said}; try again` : said;
}

function statusOf(text: string): Partial<Status> | undefined {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body !== 'object' || body === null) return undefined;
    const { message, reason, details } = body as Partial<Status>;
    // What is below /api/v1 fails in its own form.
    const { error } = body as { error?: unknown };
    if (typeof error === 'string') return { message: error };
    return {
      ...(typeof message === 'string' && { message }),
      ...(typeof reason === 'string' && { reason }),
      ...(typeof details === 'object' && details !== null && !Array.isArray(details) && { details }),
    };
  } catch {
    return undefined;
  }
}

/** An answer that nobody who speaks for Kubernetes gives. */
export function noJson(connection: ClusterConnection): Failure {
  return new Failure(`${whereIs(connection)} answered what is no JSON: is it a Kubernetes API server?`);
}

/** Why nobody answered. */
export function unreachable(error: unknown, connection: ClusterConnection): Failure {
  const { code = '', message } = error as NodeJS.ErrnoException;
  const where = whereIs(connection);
  const why = TLS_REASONS.find(([codes]) => codes.test(code))?.[1];
  if (why !== undefined) return new Failure(`${where}: ${why}`, { cause: error });
  if (/certificate.expired/i.test(`${code} ${message}`)) {
    return new Failure(`${where} does not know you: ${whyUnknown(connection)}`, { cause: error });
  }
  if (/wrong version number|packet length too long/i.test(message)) {
    return new Failure(`${where} speaks no TLS: is it a server for http://?`, { cause: error });
  }
  // Several addresses of one name failed: the message is empty.
  return new Failure(oneLine(`cannot reach ${where}: ${message || code}`, MAX_LINE), { cause: error });
}

const TLS_REASONS: readonly (readonly [RegExp, string])[] = [
  [/^CERT_HAS_EXPIRED$/, "the server's certificate has expired: whoever runs the cluster has to renew it"],
  [/^CERT_NOT_YET_VALID$/, "the server's certificate is not valid yet: is your clock right?"],
  [
    /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT.*)|CERT_SIGNATURE_FAILURE)$/,
    'the server has a certificate of another authority than the one of the kubeconfig: is the kubeconfig that of this cluster?',
  ],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$/, "the server's certificate is for other names: see tls-server-name of kubeconfigs"],
];

function whyUnknown({ cert }: ClusterConnection): string {
  const until = cert && validTo(cert);
  if (until !== undefined && until < Date.now()) {
    return `the client certificate of the kubeconfig expired at ${new Date(until).toISOString()}: get a new one`;
  }
  return 'the credentials of the kubeconfig are refused';
}

function validTo(pem: Buffer): number | undefined {
  try {
    return Date.parse(new X509Certificate(pem).validTo);
  } catch {
    return undefined;
  }
}

/** The server as messages name it, which people paste into tickets: without the password that its URL may have. */
export function whereIs({ server, name }: ClusterConnection): string {
  return `${server.replace(/\/\/[^/@]*@/, '//')} (context ${name})`;
}
