import type { Authenticator, Authorizer } from '../../apiserver/kube/access/types.ts';
import { KubeApi, type ResourceDefinition } from '../../apiserver/kube/index.ts';
import { ArraySource } from '../../apiserver/kube/testing/array-source.ts';
import { issueReportsResource } from '../../apiserver/resources/issuereports.ts';
import { issuesResource } from '../../apiserver/resources/issues.ts';
import { createServer } from '../../apiserver/server.ts';
import type { Issue } from '../../crds/issue.ts';
import type { KeyPair } from '../controlplane/certificates.ts';
import { ELSEWHERE, SAMPLES } from './issues.ts';

export const SERVED_GROUP = 'faultline.dev';
export const SERVED = `/apis/${SERVED_GROUP}/v1alpha1`;

/** The whole server with the samples in memory; whoever asks may do everything. */
export interface Served extends AsyncDisposable {
  readonly port: number;
  readonly source: ArraySource<Issue>;
  /** What the server logged: unexpected errors above all. */
  readonly logged: readonly { level: string; fields: object; message: string }[];
}

export interface ServedOptions {
  readonly authenticator?: Authenticator;
  readonly authorizer?: Authorizer;
  /** How long a list waits for a number of the future. Default: as in production. */
  readonly waitLimit?: number;
}

export async function serveIssues(tls: KeyPair, options: ServedOptions = {}): Promise<Served> {
  const definition = issuesResource(undefined as never);
  const source = new ArraySource<Issue>(definition.fields);
  const logged: { level: string; fields: object; message: string }[] = [];
  const at = (level: string) => (fields: object, message: string) => void logged.push({ level, fields, message });
  const logger = { info: at('info'), warn: at('warn'), error: at('error') };
  const { authenticator = EVERYBODY, authorizer = { authorize: () => ({ allowed: true }) } } = options;
  const reports = { submit: () => Promise.reject(new Error('no report is well-formed here')) };
  const kube = new KubeApi({
    resources: [issuesResource(source) as unknown as ResourceDefinition, issueReportsResource(reports)],
    version: { gitVersion: 'v1.34.4+golden' },
    access: { authenticator, authorizer },
    ...(options.waitLimit !== undefined && { cache: { waitLimit: options.waitLimit } }),
    onError: (err, where) => logger.error({ err }, where),
  });
  const server = createServer({
    tls: { cert: tls.certificatePem, key: tls.keyPem },
    listen: { host: '127.0.0.1', port: 0 },
    authenticator,
    authorizer,
    clientAuthorities: { current: undefined },
    kube,
    logger,
  });
  kube.start();
  const { url } = await server.start();
  for (const issue of [...SAMPLES, ELSEWHERE]) source.put(issue);
  return {
    port: Number(new URL(url).port),
    source,
    logged,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await kube[Symbol.asyncDispose]();
    },
  };
}

/** Only the aggregator and this test can reach the port: who asks is whoever it says. */
const EVERYBODY: Authenticator = {
  authenticate: ({ headers }) => {
    const name = String(headers['x-remote-user'] ?? 'tester');
    return { outcome: 'user', user: { name, groups: ['system:masters', 'system:authenticated'] } };
  },
};
