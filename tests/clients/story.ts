import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openStore } from '../../apiserver/store/open-store.ts';
import { trimChanges } from '../../apiserver/store/sweep-rows.ts';
import { send } from '../controlplane/api-request.ts';
import { registerApiService } from '../controlplane/api-service.ts';
import { type Installation, install, type ServerProcess } from '../e2e/installation.ts';
import { TcpService } from '../e2e/tcp-service.ts';
import { goProgram, pythonInterpreter } from './assets.ts';
import { BUSY, CLIENTS, type Client, QUIET } from './catalog.ts';
import { deliver, RandomChanges } from './changes.ts';
import type { HeldObject } from './clients.ts';
import { difference, digest } from './compare.ts';
import { Crowd, type Programs } from './crowd.ts';
import { auditPolicy, type LoggedRequest, readRequests } from './request-log.ts';

const ISSUES = '/apis/faultline.dev/v1alpha1';
const SUBJECTS = { [BUSY[0]]: 60, [BUSY[1]]: 60, [QUIET]: 6 };

/**
 * A cluster with our servers behind a Service, and clients that follow them. With PostgreSQL there are two replicas, as
 * in a cluster: while one restarts the other serves. PGlite belongs to one process, so with it nobody serves meanwhile.
 */
export class Story implements AsyncDisposable {
  readonly installation: Installation;
  readonly #dir: string;
  readonly #closing = new AsyncDisposableStack();
  readonly #changes: RandomChanges;
  #token = '';
  #service!: TcpService;
  #crowd!: Crowd;
  #replica: ServerProcess | undefined;
  #changed = 0;

  private constructor(installation: Installation, dir: string, seed: number) {
    this.installation = installation;
    this.#dir = dir;
    this.#changes = new RandomChanges({ seed, subjects: SUBJECTS });
  }

  /** Everything runs, the first issues are there, and every client holds them. */
  static async start(seed: number): Promise<Story> {
    const programs = { go: await goProgram(), python: await pythonInterpreter() };
    const dir = await mkdtemp(join(tmpdir(), 'faultline-clients-'));
    await writeFile(join(dir, 'audit-policy.json'), auditPolicy);
    const story = new Story(
      await install({
        namespaces: [...BUSY, QUIET],
        controlPlane: {
          apiserverFlags: [
            `--audit-policy-file=${join(dir, 'audit-policy.json')}`,
            `--audit-log-path=${join(dir, 'audit.log')}`,
          ],
        },
        serverConfiguration:
          'apiVersion: config.faultline.dev/v1alpha1\nkind: FaultlineConfiguration\nissues: {resolvedVisibleFor: 3s}\n',
      }),
      dir,
      seed,
    );
    try {
      await story.#begin(programs);
      return story;
    } catch (error) {
      await story[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** How many changes have been made. */
  get changed(): number {
    return this.#changed;
  }

  /** Whether somebody serves while one server restarts. */
  get replicated(): boolean {
    return this.#replica !== undefined;
  }

  /** How often the kubectl of a client was started. */
  starts(client: string): number | undefined {
    return this.#crowd.starts(client);
  }

  /** Makes random changes where it is busy until there are `total`, evenly spread over `duration` ms. */
  async makeChanges(total: number, duration: number): Promise<void> {
    const started = Date.now();
    for (let sent = 0; this.#changed < total; ) {
      const count = 1 + (sent % 11);
      this.#changed += await this.#report(this.#changes.next(Math.min(count, total - this.#changed), BUSY));
      sent += count;
      await sleep(Math.max(0, started + (duration * this.#changed) / total - Date.now()));
    }
  }

  /** The same where it was quiet. */
  async stirQuiet(): Promise<void> {
    for (let round = 0; round < 5; round++) this.#changed += await this.#report(this.#changes.next(3, [QUIET]));
  }

  /** `kill -9` of the server that everybody is connected to, and a new one in its place. */
  async killServer(): Promise<void> {
    this.#failOver(this.installation.server, this.#replica);
    await this.installation.stopServer('SIGKILL');
    await this.installation.startServer();
  }

  /** Fast shutdown of PostgreSQL for two seconds. False with PGlite, which is part of the server. */
  async restartDatabase(): Promise<boolean> {
    const { postgres } = this.installation;
    if (!postgres) return false;
    await postgres.stop();
    await sleep(2_000);
    await postgres.start();
    return true;
  }

  /**
   * Forgets the changes that are older than `since` (ms), then stops the server that everybody is connected to, gently,
   * so that all clients resume after the compaction.
   */
  async compactAndRestart(since: number): Promise<void> {
    const { installation } = this;
    if (!this.#replica) {
      await installation.stopServer();
      await this.#compact(since);
      await installation.startServer();
      return;
    }
    const before = await this.#resourceVersion(QUIET);
    await this.#compact(since);
    for (const { port } of [this.#replica, installation.server]) await this.#untilExpired(port, before);
    this.#failOver(this.#replica, installation.server);
    await this.#replica.child.stop('SIGTERM', 20_000);
    this.#replica = await installation.startReplica();
  }

  /** What differs between the clients and the server, by client; empty when they agree. */
  async differences(): Promise<Map<string, string>> {
    const all = await this.#crowd.held();
    const found = new Map<string, string>();
    for (const client of CLIENTS) {
      const part = client.metadata ? 'metadata' : 'whole';
      const served = await this.#served(client);
      const held = all[client.name] ?? null;
      const wrong = difference(held && digest(held, part), digest(served, part));
      if (wrong !== undefined) found.set(client.name, wrong);
    }
    return found;
  }

  /**
   * Waits until all clients agree with the server, at most `timeout` ms, and answers what still differs. The aggregator
   * may go on refusing for seconds after a server is back, until it has asked it again.
   */
  async converge(timeout: number): Promise<Map<string, string>> {
    const deadline = Date.now() + timeout;
    for (;;) {
      const late = Date.now() > deadline;
      const wrong = await this.differences().catch((error: unknown) => {
        if (late) throw error;
        return undefined;
      });
      if (wrong && (wrong.size === 0 || late)) return wrong;
      await sleep(500);
    }
  }

  /** Every request for issues that the API server received. */
  requests(): Promise<LoggedRequest[]> {
    return readRequests(join(this.#dir, 'audit.log'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#closing.disposeAsync();
    await this.installation[Symbol.asyncDispose]();
    await rm(this.#dir, { recursive: true, force: true });
  }

  async #begin(programs: Programs): Promise<void> {
    const { installation } = this;
    const { plane } = installation;
    await installation.stopControllers();
    this.#replica = installation.postgres && (await installation.startReplica());
    this.#service = this.#closing.use(await TcpService.start(plane.servingCa.certificatePem));
    this.#service.add(installation.server.port);
    await registerApiService(plane, {
      ...{ group: 'faultline.dev', version: 'v1alpha1', port: this.#service.port },
      caPem: plane.servingCa.certificatePem,
    });
    this.#token = await clusterAdmin(installation);
    for (const namespace of [...BUSY, QUIET]) await this.#report(this.#changes.openAll(namespace));
    this.#crowd = this.#closing.use(new Crowd(programs, plane.adminKubeconfigPath, this.#dir));
    const wrong = await this.converge(60_000);
    if (wrong.size > 0) throw new Error(`clients never held the first issues: ${JSON.stringify([...wrong], null, 1)}`);
  }

  /** New connections go to another server; those that are open stay until theirs stops. */
  #failOver(from: ServerProcess, to: ServerProcess | undefined): void {
    if (!to) return;
    this.#service.add(to.port);
    this.#service.remove(from.port);
  }

  #report(reports: Parameters<typeof deliver>[0]): Promise<number> {
    const ca = this.installation.plane.servingCa.certificatePem;
    const url = `https://localhost:${this.#service.port}/api/v1/reports`;
    return deliver(reports, (body) => send(url, ca, { method: 'POST', body, as: { token: this.#token } }));
  }

  async #served({ namespace, labelSelector, fieldSelector }: Client): Promise<HeldObject[]> {
    const selectors = new URLSearchParams({
      ...(labelSelector && { labelSelector }),
      ...(fieldSelector && { fieldSelector }),
    });
    const path = `${ISSUES}/${namespace ? `namespaces/${namespace}/` : ''}issues?${selectors}`;
    const { status, body } = await this.installation.plane.request(path);
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${body}`);
    return (JSON.parse(body) as { items: HeldObject[] }).items;
  }

  /** Of the newest object of a namespace: what a client that saw no bookmark resumes from. */
  async #resourceVersion(namespace: string): Promise<number> {
    const items = (await this.#served({ name: '', kind: '', program: 'go', namespace })) as unknown as {
      metadata: { resourceVersion: string };
    }[];
    return Math.max(...items.map(({ metadata }) => Number(metadata.resourceVersion)));
  }

  async #compact(since: number): Promise<void> {
    const { plane, postgres, dir } = this.installation;
    const { metadata } = JSON.parse((await plane.request('/api/v1/namespaces/kube-system')).body);
    const database = postgres ? { url: postgres.urlOf('faultline') } : { embedded: join(dir, 'state', 'database') };
    await using store = await openStore({ database, clusterId: metadata.uid });
    await trimChanges(store, Date.now() - since);
  }

  /** Until the server on this port knows that the version has expired. */
  async #untilExpired(port: number, version: number): Promise<void> {
    const ca = this.installation.plane.servingCa.certificatePem;
    const path = `${ISSUES}/namespaces/${QUIET}/issues?watch=true&timeoutSeconds=1&resourceVersion=${version}`;
    for (let attempt = 0; attempt < 20; attempt++) {
      const { body } = await send(`https://127.0.0.1:${port}${path}`, ca, { as: { token: this.#token } });
      if (body.includes('"code":410')) return;
    }
    throw new Error(`the server on port ${port} still resumes watches from ${version} after the compaction`);
  }
}

async function clusterAdmin({ plane }: Installation): Promise<string> {
  const token = await plane.serviceAccountToken('default', 'reporter');
  const answer = await plane.request('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    method: 'POST',
    body: {
      metadata: { name: 'reporter' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'ServiceAccount', name: 'reporter', namespace: 'default' }],
    },
  });
  if (answer.status !== 201) throw new Error(`binding the reporter: ${answer.body}`);
  return token;
}
