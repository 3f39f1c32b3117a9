import { createHmac, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import type { ClusterApi } from '../../../apiserver/kube/access/index.ts';

/** What the cluster's tokens say: of the one ServiceAccount that there is. */
export interface Claims {
  readonly sub: string;
  readonly aud: readonly string[];
  readonly uid?: string;
  readonly exp: number;
}

export const ACCOUNT = { namespace: 'n', name: 'default', uid: 'uid-of-default' } as const;
export const ACCOUNT_USER = `system:serviceaccount:${ACCOUNT.namespace}:${ACCOUNT.name}`;
const AUDIENCE = 'https://kubernetes.default.svc';
const TOKEN_PATH = `/api/v1/namespaces/${ACCOUNT.namespace}/serviceaccounts/${ACCOUNT.name}/token`;

/** Issues and reviews tokens as a cluster does: TokenRequest at the front, TokenReview for the server. */
export class TokenIssuer {
  readonly #secret = randomBytes(32);

  /** Answers a TokenRequest; undefined for everything else. */
  async answer(request: IncomingMessage): Promise<{ code: number; body: unknown } | undefined> {
    if (request.method !== 'POST' || request.url !== TOKEN_PATH) return undefined;
    const { spec } = (await json(request)) as { spec: { audiences: readonly string[]; expirationSeconds: number } };
    const aud = spec.audiences.length > 0 ? spec.audiences : [AUDIENCE];
    const exp = Math.floor(Date.now() / 1_000) + spec.expirationSeconds;
    const token = this.#sign({ sub: ACCOUNT_USER, aud, uid: ACCOUNT.uid, exp });
    return { code: 201, body: { kind: 'TokenRequest', status: { token } } };
  }

  /** The cluster as the server under test asks it. */
  get reviews(): ClusterApi {
    const post = async (_: string, body: unknown): Promise<unknown> => {
      const { token } = (body as { spec: { token: string } }).spec;
      const claims = claimsOf(token);
      const valid =
        claims !== undefined &&
        this.#sign(claims) === token &&
        claims.aud.includes(AUDIENCE) &&
        claims.exp > Date.now() / 1_000;
      return { status: valid ? { authenticated: true, user: { username: claims.sub, groups: [] } } : {} };
    };
    return { post, get: async () => ({}) };
  }

  #sign(claims: Claims): string {
    const text = `${encode({ alg: 'HS256' })}.${encode(claims)}`;
    return `${text}.${createHmac('sha256', this.#secret).update(text).digest('base64url')}`;
  }
}

/** What the token of a request says of itself, signed or not. */
export function claimsOf(token: string): Claims | undefined {
  try {
    return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Claims;
  } catch {
    return undefined;
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
