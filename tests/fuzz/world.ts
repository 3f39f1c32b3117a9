import { ActionRefused } from '../../apiserver/ingest/index.ts';
import { clientCertificatesOnly } from '../../apiserver/kube/access/authentication-config.ts';
import { createAuthenticator } from '../../apiserver/kube/access/authenticator.ts';
import { createAuthorizer } from '../../apiserver/kube/access/authorizer.ts';
import { certificateCredentials } from '../../apiserver/kube/access/credentials.ts';
import { localAuthorizer } from '../../apiserver/kube/access/local-authorizer.ts';
import type { Authorizer } from '../../apiserver/kube/access/types.ts';
import { KubeApi, type ResourceDefinition } from '../../apiserver/kube/index.ts';
import { ArraySource } from '../../apiserver/kube/testing/array-source.ts';
import { issueActions } from '../../apiserver/resources/issue-actions.ts';
import { issueReportsResource } from '../../apiserver/resources/issuereports.ts';
import { issuesResource } from '../../apiserver/resources/issues.ts';
import { selfReviews } from '../../apiserver/server/self-reviews.ts';
import { createServer } from '../../apiserver/server.ts';
import type { Issue } from '../../crds/issue.ts';
import { createAuthority } from '../controlplane/certificates.ts';
import type { Door } from '../golden/ask.ts';
import { SAMPLES } from '../golden/issues.ts';

/** Stands in every issue of a namespace that the caller has no right to. No request contains it. */
export const SECRET = 'zq7secretq';
export const OWN = 'team-a';
export const FOREIGN = 'team-b';

/**
 * The whole server: TLS, client certificates, authorization, health, the Kubernetes API with actions. Only the database
 * is an array, and what would write to it refuses.
 */
export interface FuzzWorld extends AsyncDisposable {
  /** As the certificate of a tenant who may do everything in OWN and nothing elsewhere. */
  readonly door: Door;
  readonly watches: () => number;
  readonly errors: () => readonly object[];
}

export async function startFuzzWorld(): Promise<FuzzWorld> {
  const ca = await createAuthority('fuzz');
  const serving = await ca.issue({ commonName: 'faultline', usage: 'server', dnsNames: ['localhost'] });
  const tenant = await ca.issue({ commonName: 'tenant', organizations: ['tenants'], usage: 'client' });
  const errors: object[] = [];
  const logger = { info: () => {}, warn: () => {}, error: (fields: object) => void errors.push(fields) };
  const config = clientCertificatesOnly(ca.certificatePem);
  const authenticator = createAuthenticator({ credentials: certificateCredentials(() => config, Date.now) });
  const authorizer = createAuthorizer(TENANT);
  let watches = 0;
  const source = stocked();
  const kube = new KubeApi({
    resources: [
      issuesResource(source, issueActions(WRITES)) as unknown as ResourceDefinition,
      issueReportsResource(WRITES),
    ],
    version: { gitVersion: 'v1.34.4+fuzz' },
    access: { authenticator, authorizer },
    cache: { waitLimit: 5 },
    metrics: {
      requestFinished: () => {},
      watchStarted: () => void watches++,
      watchEnded: () => void watches--,
      watchLag: () => {},
    },
    onError: (err) => logger.error({ err }),
  });
  const server = createServer({
    tls: { cert: serving.certificatePem, key: serving.keyPem },
    listen: { host: '127.0.0.1', port: 0 },
    authenticator,
    authorizer,
    clientAuthorities: { current: config },
    kube,
    selfReviews: selfReviews(
      authorizer,
      localAuthorizer(() => []),
    ),
    logger,
  });
  kube.start();
  const { url } = await server.start();
  const { certificatePem: cert, keyPem: key } = tenant;
  return {
    door: { port: Number(new URL(url).port), ca: ca.certificatePem, cert, key, servername: 'localhost' },
    watches: () => watches,
    errors: () => errors,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await kube[Symbol.asyncDispose]();
    },
  };
}

const TENANT: Authorizer = {
  authorize: (_user, attributes) => ({
    allowed: attributes.kind === 'resource' && attributes.namespace === OWN && attributes.group !== '',
  }),
};

const WRITES = {
  submit: () => Promise.reject(Object.assign(new Error('full'), { name: 'TooManyReports' })),
  act: () => Promise.reject(new ActionRefused('no issue', 'nothing is stored here')),
};

/** Names are the same in both namespaces; everything else of the foreign ones is marked. */
function stocked(): ArraySource<Issue> {
  const { fields } = issuesResource(undefined as never);
  const source = new ArraySource<Issue>(fields);
  for (let index = 0; index < 40; index++) {
    for (const namespace of [OWN, FOREIGN]) source.put(issue(namespace, `i${index}`));
  }
  source.put(issue(FOREIGN, `only-${SECRET}`));
  return source;
}

function issue(namespace: string, name: string): Issue {
  const sample = SAMPLES[0] as Issue;
  const text = namespace === OWN ? 'a build failed' : SECRET;
  return {
    ...sample,
    metadata: {
      ...sample.metadata,
      name,
      namespace,
      uid: `${name}-${text}`,
      labels: { tier: text.replaceAll(' ', '-') },
    },
    spec: { ...sample.spec, title: text, reason: namespace === OWN ? 'TaskRunFailed' : SECRET },
  };
}
