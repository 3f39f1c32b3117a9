import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { UserInfo } from '../../../../apiserver/kube/access/index.ts';
import type { Defect } from '../defect.ts';
import { all, always, answering, asking, head, json, lists } from '../defect.ts';
import { type Exchange, FRONT_USER } from '../exchange.ts';
import { ACCOUNT, type Claims, claimsOf } from '../token-issuer.ts';

/** Whom the headers name, as a front proxy would have set them. */
function named({ headers }: IncomingMessage): UserInfo | undefined {
  const name = headers['x-remote-user'];
  const group = headers['x-remote-group'];
  if (typeof name !== 'string') return undefined;
  return { name, groups: [typeof group === 'string' ? group : 'nobody', 'system:authenticated'] };
}

/** The common name of the client's certificate, whoever signed it. */
function commonName({ socket }: IncomingMessage): string | undefined {
  return socket instanceof TLSSocket ? [socket.getPeerCertificate().subject?.CN].flat()[0] : undefined;
}

const bearerOf = ({ headers }: IncomingMessage): string | undefined => headers.authorization?.replace(/^Bearer /, '');

/** Whoever the token says that it is, when what it says is enough for `enough`; nobody looks at the signature. */
const believing = (what: string, enough: (claims: Claims) => boolean): Defect => ({
  what,
  believe: (request) => {
    const claims = claimsOf(bearerOf(request) ?? '');
    return claims && enough(claims) ? { name: claims.sub, groups: ['system:authenticated'] } : undefined;
  },
});
const isExpired = ({ exp }: Claims): boolean => exp < Date.now() / 1_000;
const isIssued = ({ uid }: Claims): boolean => uid === ACCOUNT.uid;
const isForOthers = ({ aud }: Claims): boolean => aud.includes('faultline-conformance');

const isStranger = ({ request }: Exchange): boolean => commonName(request) === undefined;
const MASTER: UserInfo = { name: 'anybody', groups: ['system:masters', 'system:authenticated'] };

export const access: Readonly<Record<string, readonly Defect[]>> = {
  A1: [
    {
      what: 'the name in a certificate is enough',
      believe: (request) => (commonName(request) === 'front-proxy-client' ? named(request) : undefined),
    },
  ],
  A5: [
    { what: 'headers are believed without a certificate', believe: named },
    {
      what: 'headers are believed from every known certificate',
      believe: (request) => (commonName(request) === 'admin' ? named(request) : undefined),
    },
  ],
  A6: [
    asking('a wrong token is nobody', always, ({ request }) => {
      delete request.headers.authorization;
    }),
    {
      what: 'strangers read everything',
      believe: (request) => (commonName(request) === undefined && !request.headers.authorization ? MASTER : undefined),
    },
    // One after the other, so that no other wrong token makes the item fail.
    believing('what a forged token says is believed', (claims) => !isIssued(claims) && !isExpired(claims)),
    believing('a forged token that says it has expired is believed', isExpired),
    believing('the signature of a token is not looked at', (claims) => isIssued(claims) && !isForOthers(claims)),
    believing('a token for another server is believed', isForOthers),
    answering('a wrong token is a fault of the server', ({ request }) => bearerOf(request) !== undefined, 500, {}),
  ],
  A7: [
    answering('tokens are not taken', ({ request }) => bearerOf(request) !== undefined, 401, {}),
    {
      what: 'every token is the same user',
      believe: (request) => (bearerOf(request) ? { name: 'token', groups: ['system:authenticated'] } : undefined),
    },
    answering(
      'only the front proxy is known',
      ({ request }) => commonName(request) === 'admin' && !request.headers[FRONT_USER],
      401,
      {},
    ),
  ],
  A12: [
    answering(
      'probes need credentials',
      all(isStranger, ({ path }) => path === '/livez'),
      401,
      {},
    ),
    answering(
      'discovery is open to strangers',
      all(isStranger, ({ path }) => path === '/apis'),
      200,
      {},
    ),
  ],
  A13: [
    asking('impersonation is ignored', always, ({ request }) => {
      delete request.headers['impersonate-user'];
      request.rawHeaders = request.rawHeaders.filter((_, index, raw) => {
        return raw[index - (index % 2)]?.toLowerCase() !== 'impersonate-user';
      });
    }),
  ],
  A14: [
    json('the refusal says only that it is one', lists, (body) => {
      if (body.code === 403) body.message = 'Forbidden';
    }),
    json('details name the kind', lists, (body) => {
      if (body.code === 403 && body.details) body.details.kind = 'Widget';
    }),
  ],
  L17: [
    head('answers may be kept', lists, ({ response }) => response.setHeader('Cache-Control', 'public')),
    head('there is no Audit-Id', lists, ({ response }) => response.removeHeader('Audit-Id')),
  ],
};
