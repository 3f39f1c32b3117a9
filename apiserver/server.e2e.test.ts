import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { watchAuthenticationConfig } from '../cli/backend/authentication-config.ts';
import { createKubeClient, createLiveSource, silentLogger } from '../controllers/runtime/index.ts';
import { registerApiService } from '../tests/controlplane/api-service.ts';
import { type ControlPlane, startControlPlane } from '../tests/controlplane/control-plane.ts';
import { kubectl } from '../tests/controlplane/kubectl.ts';
import {
  AuthenticationConfiguration,
  bearerTokenAuthenticator,
  certificateCredentials,
  createAuthenticator,
  createAuthorizer,
  createClusterApi,
  subjectAccessReviewAuthorizer,
} from './kube/access/index.ts';
import { createTestAuthority } from './kube/access/testing/authority.ts';
import { type HttpsOptions, httpsRequest } from './kube/access/testing/https-request.ts';
import { KubeApi, type ResourceDefinition } from './kube/index.ts';
import { WIDGETS_PATH, widget, widgetDefinition, widgetSource } from './kube/testing/widgets.ts';
import { createServer } from './server.ts';

/** The server in a real cluster, with no more rights than its manifests give it. */
describe('access in a cluster', () => {
  let plane: ControlPlane;
  let url: string;
  let stack: AsyncDisposableStack;
  const IN_TEAM_A = WIDGETS_PATH.replace('widgets', 'namespaces/team-a/widgets');

  beforeAll(async () => {
    stack = new AsyncDisposableStack();
    plane = stack.use(await startControlPlane());
    const admin = async (...args: string[]) => {
      expect(await kubectl(args, { kubeconfig: plane.adminKubeconfigPath })).toMatchObject({ code: 0 });
    };
    for (const namespace of ['faultline-system', 'team-a']) await admin('create', 'namespace', namespace);
    const token = await plane.serviceAccountToken('faultline-system', 'faultline-server');
    const account = '--serviceaccount=faultline-system:faultline-server';
    await admin('create', 'clusterrolebinding', 'delegator', '--clusterrole=system:auth-delegator', account);
    const reader = '--role=extension-apiserver-authentication-reader';
    await admin('create', 'rolebinding', 'reader', '-n', 'kube-system', reader, account);
    await startServer(token);
    await admin('create', 'clusterrole', 'see', '--verb=get,list,watch', '--resource=widgets.example.dev');
    await admin(
      'create',
      'role',
      'one',
      '-n',
      'team-a',
      '--verb=list,watch',
      '--resource=widgets.example.dev',
      '--resource-name=one',
    );
    const see = ['--clusterrole=see', '-n', 'team-a'];
    await admin('create', 'rolebinding', 'see', ...see, '--group=developers', '--serviceaccount=team-a:robot');
    await admin('create', 'rolebinding', 'one', '--role=one', '-n', 'team-a', '--user=only-one');
  });
  afterAll(() => stack.disposeAsync());

  async function startServer(token: string): Promise<void> {
    const headers = async () => ({ authorization: `Bearer ${token}` });
    const connection = { server: plane.url, ca: plane.caPem, headers };
    const api = stack.use(createClusterApi(connection));
    const live = createLiveSource({ client: stack.use(createKubeClient(connection)), logger: silentLogger });
    const configuration = stack.use(
      new AuthenticationConfiguration({ source: watchAuthenticationConfig(live), onFault: () => undefined }),
    );
    configuration.start();
    const config = () => configuration.current;
    const credentials = [...certificateCredentials(config, Date.now), bearerTokenAuthenticator({ api, now: Date.now })];
    const authenticator = createAuthenticator({ credentials, config });
    const authorizer = createAuthorizer(subjectAccessReviewAuthorizer({ api, now: Date.now }));
    const source = widgetSource();
    source.put(widget({ namespace: 'team-a', name: 'one' }));
    const definition = widgetDefinition(source) as unknown as ResourceDefinition;
    const version = { gitVersion: 'v1.34.1+test' };
    const kube = stack.use(new KubeApi({ resources: [definition], version, access: { authenticator, authorizer } }));
    kube.start();
    const { certificatePem: cert, keyPem: key } = await plane.servingCa.issue({
      commonName: 'faultline',
      usage: 'server',
      dnsNames: ['faultline.faultline-system.svc', 'localhost'],
    });
    const quiet = () => undefined;
    const server = stack.use(
      createServer({
        ...{ tls: { cert, key }, authenticator, authorizer, kube, clientAuthorities: configuration },
        listen: { host: 'localhost', port: 0 },
        logger: { info: quiet, warn: quiet, error: quiet },
      }),
    );
    const port = Number(new URL((await server.start()).url).port);
    url = `https://localhost:${port}`;
    await vi.waitFor(() => expect(configuration.current).toBeDefined(), { timeout: 10_000 });
    await registerApiService(plane, { group: 'example.dev', version: 'v1', port, caPem: plane.caPem });
  }

  const direct = (path: string, options: Omit<HttpsOptions, 'ca'>) =>
    httpsRequest(`${url}${path}`, { ca: plane.caPem, ...options });
  async function user(name: string, organizations: string[] = []) {
    const { certificatePem: cert, keyPem: key } = await plane.clientCa.issue({
      ...{ commonName: name, organizations, usage: 'client' },
    });
    return { cert, key };
  }

  it('A1 A8 serves users through the aggregator by what RBAC gives them', async () => {
    const developer = await plane.issueUserKubeconfig('jane', ['developers']);
    const list = (...where: string[]) => kubectl(['get', 'widgets', '-o', 'name', ...where], { kubeconfig: developer });
    expect(await list('-n', 'team-a')).toMatchObject({ code: 0, stdout: 'widget.example.dev/one\n' });
    expect((await list('-A')).stderr).toContain('User "jane" cannot list resource "widgets"');
  });

  it('A7 knows a user by its certificate and a ServiceAccount by its token, without the aggregator', async () => {
    expect((await direct(IN_TEAM_A, { client: await user('joe', ['developers']) })).status).toBe(200);
    const token = await plane.serviceAccountToken('team-a', 'robot');
    expect((await direct(IN_TEAM_A, { headers: { Authorization: `Bearer ${token}` } })).status).toBe(200);
    expect((await direct(WIDGETS_PATH, { headers: { Authorization: `Bearer ${token}` } })).status).toBe(403);
    expect((await direct(IN_TEAM_A, { headers: { Authorization: 'Bearer garbage' } })).status).toBe(401);
  });

  it('A14 words a refusal as the API server does', async () => {
    const answer = await direct(IN_TEAM_A, { client: await user('stranger') });
    expect(answer.json()).toMatchObject({
      code: 403,
      message: expect.stringMatching(
        /^widgets\.example\.dev is forbidden: User "stranger" cannot list resource "widgets" in API group "example\.dev" in the namespace "team-a"/,
      ),
    });
  });

  it('A2 A5 believes no header of a user that calls itself the front proxy', async () => {
    const client = await user('front-proxy-client');
    const headers = { 'X-Remote-User': 'admin', 'X-Remote-Group': 'system:masters' };
    const answer = await direct(IN_TEAM_A, { client, headers });
    expect(answer.status).toBe(403);
    expect(answer.text).toContain('User \\"front-proxy-client\\"');
  });

  it('A4 believes a front proxy from when its authority is in the ConfigMap until it is not any more', async () => {
    const rotated = await createTestAuthority({ name: 'rotated-front-proxy-ca' });
    const client = await rotated.issue({ name: 'front-proxy-client' });
    const headers = { 'X-Remote-User': 'jane', 'X-Remote-Group': 'developers' };
    const status = async () => (await direct(IN_TEAM_A, { client, headers })).status;
    const path = '/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication';
    const key = 'requestheader-client-ca-file';
    const { data } = JSON.parse((await plane.request(path)).body) as { data: Record<string, string> };
    const trust = (authorities: string) =>
      plane.request(path, {
        ...{ method: 'PATCH', headers: { 'content-type': 'application/merge-patch+json' } },
        body: { data: { [key]: authorities } },
      });
    expect(await status()).toBe(401);
    expect((await trust(`${data[key]}${rotated.cert}`)).status).toBe(200);
    await expect.poll(status, { timeout: 5_000 }).toBe(200);
    await trust(data[key] ?? '');
    await expect.poll(status, { timeout: 5_000 }).toBe(401);
  });

  it('A9 A10 lets a Role with resourceNames watch its one object, and list it with further selectors', async () => {
    const client = await user('only-one');
    const one = 'fieldSelector=metadata.name%3Done';
    expect((await direct(IN_TEAM_A, { client })).status).toBe(403);
    expect((await direct(`${IN_TEAM_A}?${one}`, { client })).status).toBe(200);
    expect((await direct(`${IN_TEAM_A}?${one}&labelSelector=a%21%3Db`, { client })).status).toBe(200);
    expect((await direct(`${IN_TEAM_A}?${one}&watch=true&timeoutSeconds=1`, { client })).status).toBe(200);
  });

  it('A8 A11 lets nobody in while the cluster cannot be asked', async () => {
    await plane.stopApiserver('SIGKILL');
    const answer = await direct(IN_TEAM_A, { client: await user('nobody-asked-yet', ['developers']) });
    expect(answer.json()).toMatchObject({ kind: 'Status', code: 500, reason: 'InternalError' });
    expect(answer.headers['retry-after']).toBe('1');
  });
});
