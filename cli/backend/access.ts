import {
  type AuthenticationConfigSource,
  AuthenticationConfiguration,
  type Authenticator,
  type Authorizer,
  bearerTokenAuthenticator,
  type ClusterApi,
  type CredentialAuthenticator,
  certificateCredentials,
  clientCertificatesOnly,
  createAuthenticator,
  createAuthorizer,
  localAuthorizer,
  subjectAccessReviewAuthorizer,
} from '../../apiserver/kube/access/index.ts';
import { type AccessMetrics, accessMetrics } from '../../apiserver/server/access-metrics.ts';
import { localGrants } from '../../apiserver/server/local-grants.ts';
import { selfReviews } from '../../apiserver/server/self-reviews.ts';
import type { ServerOptions } from '../../apiserver/server.ts';
import type { Log } from '../log.ts';
import { toldOnce } from './told-once.ts';

/** Who may ask the server, and who decides what they may. */
export interface BackendAccess extends AsyncDisposable {
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  /** The part of `authenticator` that needs no TLS. */
  readonly tokens: CredentialAuthenticator;
  readonly clientAuthorities: ServerOptions['clientAuthorities'];
  /** Only where no cluster answers "may I?". */
  readonly selfReviews?: NonNullable<ServerOptions['selfReviews']>;
  /** Lets what it tells about itself be read from a registry. */
  readonly register?: AccessMetrics['register'];
}

export interface LocalAccessOptions {
  /** PEM of the authority of `up`'s own certificates. */
  readonly ca: string;
  /** Common name of its controllers. */
  readonly controllers: string;
  /** Asked at every question: another list when the set has changed. */
  readonly sources: () => readonly string[];
  /** `--kite-identity`: a user who may read and resolve issues and report as `kite`. */
  readonly kite?: string | undefined;
  /** ms. */
  readonly now: () => number;
}

/** For `faultline up`: certificates of its own authority, and a fixed list of what they may (contracts.md "Identities"). */
export function localAccess(options: LocalAccessOptions): BackendAccess {
  const current = clientCertificatesOnly(options.ca);
  const { controllers, sources, kite } = options;
  const identities = { controllers, ...(kite === undefined ? {} : { kite }) };
  let [granted, grants] = [sources(), localGrants({ ...identities, sources: sources() })];
  const local = localAuthorizer(() => {
    if (granted !== sources()) [granted, grants] = [sources(), localGrants({ ...identities, sources: sources() })];
    return grants;
  });
  const authorizer = createAuthorizer(local);
  return {
    authenticator: createAuthenticator({
      credentials: [...certificateCredentials(() => current, options.now), NO_TOKENS],
    }),
    authorizer,
    tokens: NO_TOKENS,
    clientAuthorities: { current },
    selfReviews: selfReviews(authorizer, local),
    [Symbol.asyncDispose]: async () => {},
  };
}

/** Nobody here knows tokens, so each is a wrong one: 401, after which clients ask for another, and not a stranger's 403 (A6). */
const NO_TOKENS: CredentialAuthenticator = {
  check: ({ headers }) =>
    /^bearer\s/i.test(headers.authorization ?? '')
      ? { kind: 'invalid', message: 'no token is known here: use the certificate of the kubeconfig' }
      : { kind: 'absent' },
};

export interface ClusterAccessOptions {
  readonly api: ClusterApi;
  /** Whom the cluster lets speak for its users. */
  readonly configuration: AuthenticationConfigSource;
  readonly log: Log;
  /** ms. */
  readonly now: () => number;
}

/** In a cluster: front proxy, certificates and tokens as the cluster knows them, and its word on every right. */
export function clusterAccess({ api, configuration: source, log, now }: ClusterAccessOptions): BackendAccess {
  const configuration = new AuthenticationConfiguration({
    source,
    onFault: (fault) => log.warn({ fault }, 'cannot read whom the cluster lets speak for its users'),
  });
  configuration.start();
  const config = () => configuration.current;
  const metrics = accessMetrics();
  const { reviewed: onReview } = metrics;
  const tokens = bearerTokenAuthenticator({ api, now, onReview });
  const tell = toldOnce((fault) => log.warn({ fault }, 'a credential was refused'), now);
  return {
    authenticator: createAuthenticator({
      credentials: [...certificateCredentials(config, now), tokens],
      config,
      onFault(fault) {
        metrics.faulted();
        tell(fault);
      },
    }),
    tokens,
    authorizer: createAuthorizer(subjectAccessReviewAuthorizer({ api, now, onReview })),
    clientAuthorities: configuration,
    register: metrics.register,
    [Symbol.asyncDispose]: () => configuration[Symbol.asyncDispose](),
  };
}
