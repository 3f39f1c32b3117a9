import type { Middleware } from 'koa';
import type { Registry } from 'prom-client';
import { type CurrentAuthenticationConfig, clientCertificatesOnly } from '../../kube/access/authentication-config.ts';
import { createAuthenticator } from '../../kube/access/authenticator.ts';
import { createAuthorizer } from '../../kube/access/authorizer.ts';
import { certificateCredentials } from '../../kube/access/credentials.ts';
import { type Grant, localAuthorizer } from '../../kube/access/local-authorizer.ts';
import {
  createTestAuthority,
  type Issued,
  SERVER_AUTH,
  type TestAuthority,
} from '../../kube/access/testing/authority.ts';
import { type HttpsAnswer, type HttpsOptions, httpsRequest } from '../../kube/access/testing/https-request.ts';
import type { Authenticator } from '../../kube/access/types.ts';
import { KubeApi, type ResourceDefinition } from '../../kube/index.ts';
import { type Widget, widgetDefinition, widgetSource } from '../../kube/testing/widgets.ts';
import { type ApiServer, createServer, type ServerOptions } from '../../server.ts';
import { selfReviews } from '../self-reviews.ts';

export interface TestServerOptions {
  readonly grants?: readonly Grant[];
  readonly rest?: readonly Middleware[];
  readonly metrics?: Registry;
  readonly server?: Partial<ServerOptions>;
  /** Whom to believe, as a cluster says it; default: certificates of the server's own authority. */
  readonly authentication?: { readonly config: CurrentAuthenticationConfig; readonly authenticator: Authenticator };
}

/** A whole server on a free port with a local authority, widgets to serve, and clients with certificates. */
export class TestServer implements AsyncDisposable {
  readonly ca: TestAuthority;
  readonly kube: KubeApi;
  readonly source;
  readonly server: ApiServer;
  readonly logged: { level: string; fields: object; message: string }[] = [];
  url = '';

  private constructor(ca: TestAuthority, serving: Issued, options: TestServerOptions) {
    this.ca = ca;
    this.source = widgetSource();
    const config = clientCertificatesOnly(ca.cert);
    const local = localAuthorizer(() => options.grants ?? []);
    const authorizer = createAuthorizer(local);
    const { authentication } = options;
    const authenticator =
      authentication?.authenticator ??
      createAuthenticator({ credentials: certificateCredentials(() => config, Date.now) });
    this.kube = new KubeApi({
      resources: [widgetDefinition(this.source) as unknown as ResourceDefinition],
      version: { gitVersion: 'v1.34.1+test' },
      access: { authenticator, authorizer },
    });
    this.server = createServer({
      tls: serving,
      listen: { host: '127.0.0.1', port: 0 },
      authenticator,
      authorizer,
      clientAuthorities: authentication
        ? {
            get current() {
              return authentication.config();
            },
          }
        : { current: config },
      kube: this.kube,
      selfReviews: selfReviews(authorizer, local),
      logger: this.#logger(),
      ...(options.rest && { rest: options.rest }),
      ...(options.metrics && { metrics: options.metrics }),
      ...options.server,
    });
  }

  static async start(options: TestServerOptions = {}): Promise<TestServer> {
    const ca = await createTestAuthority({ name: 'faultline-ca' });
    const serving = await ca.issue({ name: 'faultline', hosts: ['localhost', '127.0.0.1'], usages: [SERVER_AUTH] });
    const test = new TestServer(ca, serving, options);
    test.kube.start();
    test.url = (await test.server.start()).url;
    return test;
  }

  admin(): Promise<Issued> {
    return this.ca.issue({ name: 'faultline-admin', organizations: ['system:masters'] });
  }

  user(name: string): Promise<Issued> {
    return this.ca.issue({ name });
  }

  ask(path: string, options: Omit<HttpsOptions, 'ca'> = {}): Promise<HttpsAnswer> {
    return httpsRequest(`${this.url}${path}`, { ca: this.ca.cert, ...options });
  }

  put(name: string): Widget {
    return this.source.put({
      apiVersion: 'example.dev/v1',
      kind: 'Widget',
      metadata: {
        name,
        namespace: 'team-a',
        uid: `uid-${name}`,
        resourceVersion: '1',
        creationTimestamp: '2026-11-21T07:00:00Z',
      },
      spec: { color: 'red', size: 1 },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    await this.kube[Symbol.asyncDispose]();
  }

  #logger() {
    const at = (level: string) => (fields: object, message: string) => {
      this.logged.push({ level, fields, message });
    };
    return { info: at('info'), warn: at('warn'), error: at('error') };
  }
}
