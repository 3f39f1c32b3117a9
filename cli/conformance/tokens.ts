import { randomBytes } from 'node:crypto';
import type { Answer, ApiClient } from './client.ts';

/** Of the API server of most clusters; what decides is the signature. */
const ISSUER = 'https://kubernetes.default.svc.cluster.local';
/** The shortest life that a TokenRequest may ask for. */
const LIFETIME_S = 600;
const ANOTHER_AUDIENCE = 'faultline-conformance';

/** A token of a ServiceAccount, issued by the cluster. */
export interface ClusterToken {
  readonly token: string;
  /** `system:serviceaccount:<namespace>:<name>`. */
  readonly user: string;
}

/** What is asked with a token, of which no server may believe a word: what is wrong with it. */
export interface WrongToken {
  readonly what: string;
  readonly token: string;
}

/** Asks as whoever the token is. */
export function sendAs(client: ApiClient, path: string, token: string): Promise<Answer> {
  return client.send(path, { headers: { authorization: `Bearer ${token}` } });
}

/** Made up here: no token at all, and tokens that nobody signed but look as the cluster's. */
export function inventedTokens(now: number): WrongToken[] {
  const seconds = Math.floor(now / 1_000);
  const until = (exp: number): string =>
    [
      base64({ alg: 'RS256', typ: 'JWT', kid: 'faultline-conformance' }),
      base64({ iss: ISSUER, aud: [ISSUER], sub: 'system:serviceaccount:kube-system:default', iat: exp - 3_600, exp }),
      randomBytes(256).toString('base64url'),
    ].join('.');
  return [
    { what: 'a word', token: 'faultline-conformance' },
    { what: 'a token that nobody signed', token: until(seconds + 3_600) },
    { what: 'a token that nobody signed and that says it has expired', token: until(seconds - 60) },
  ];
}

/** The cluster's own with another signature, and for another server; none where the cluster gives no token. */
export async function spoiledTokens(api: ApiClient): Promise<WrongToken[]> {
  const [genuine, others] = [await clusterToken(api), await clusterToken(api, [ANOTHER_AUDIENCE])];
  if (!genuine || !others) return [];
  const [header, payload, signature = ''] = genuine.token.split('.');
  const first = signature.startsWith('A') ? 'B' : 'A';
  return [
    {
      what: 'a token of the cluster with another signature',
      token: `${header}.${payload}.${first}${signature.slice(1)}`,
    },
    { what: 'a token of the cluster for another audience', token: others.token },
  ];
}

/**
 * A token of the first ServiceAccount `default` that is listed, which usually has no rights of its own, for ten minutes: nothing is
 * stored for it. Undefined where there is none, or whoever runs the kit may not list ServiceAccounts or ask for one.
 */
export async function clusterToken(
  api: ApiClient,
  audiences: readonly string[] = [],
): Promise<ClusterToken | undefined> {
  const found = await api.send('/api/v1/serviceaccounts?fieldSelector=metadata.name%3Ddefault&limit=1');
  const namespace = found.status === 200 ? found.json().items?.[0]?.metadata?.namespace : undefined;
  if (namespace === undefined) return undefined;
  const answer = await api.send(`/api/v1/namespaces/${namespace}/serviceaccounts/default/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: LIFETIME_S, audiences },
    }),
  });
  if (answer.status !== 201) return undefined;
  const { status } = answer.json<{ status?: { token?: string } }>();
  return status?.token ? { token: status.token, user: `system:serviceaccount:${namespace}:default` } : undefined;
}

function base64(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
