import { createEngine, type Engine, localNamespaces } from '../../apiserver/ingest/index.ts';
import {
  type Attributes,
  createAuthorizer,
  localAuthorizer,
  type UserInfo,
} from '../../apiserver/kube/access/index.ts';
import { type ChangeSource, KubeApi } from '../../apiserver/kube/index.ts';
import { issuesResource } from '../../apiserver/resources/issues.ts';
import { type KiteOptions, kiteRoutes } from '../../apiserver/rest/kite/index.ts';
import type { Visible } from '../../apiserver/rest/kite/options.ts';
import { reportAccess } from '../../apiserver/rest/report-access.ts';
import { type KiteListener, openKiteListener } from '../../apiserver/server/kite-listener.ts';
import { localGrants } from '../../apiserver/server/local-grants.ts';
import { openStore } from '../../apiserver/store/open-store.ts';
import type { SqlStore } from '../../apiserver/store/sql-store.ts';
import type { Issue } from '../../crds/issue.ts';

const CLUSTER = 'folder:/kite';
export const KITE_USER: UserInfo = { name: 'kite', groups: ['system:authenticated'] };

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: bodies of any shape are compared
  readonly body: any;
  readonly headers: Headers;
}

/** Kite's listener on a real engine, store (PGlite in memory) and watch cache. */
export class KiteWorld implements AsyncDisposable {
  readonly store: SqlStore;
  readonly engine: Engine;
  readonly logged: { fields: object; message: string }[] = [];
  /** Users who may do what `kite` may, in these namespaces alone. */
  readonly members = new Map<string, readonly string[]>();
  /** What was asked of the authorizer. */
  readonly questions: Attributes[] = [];
  /** Of the clock of the store, µs. */
  #offset = 0;
  readonly #closing = new AsyncDisposableStack();
  #url = '';

  static async open(): Promise<KiteWorld> {
    const clock = { offset: () => 0 };
    const store = await openStore({
      database: { embedded: 'memory' },
      clusterId: CLUSTER,
      clockOffset: () => clock.offset(),
    });
    const world = new KiteWorld(store);
    clock.offset = () => world.#offset;
    await world.#listen();
    return world;
  }

  private constructor(store: SqlStore) {
    this.store = this.#closing.use(store);
    const authorizer = this.#authorizer();
    this.engine = this.#closing.use(
      createEngine({ store, namespaces: localNamespaces(CLUSTER), access: reportAccess(authorizer) }),
    );
  }

  /** Lets so many ms pass on the clock of the database. */
  pass(ms: number): void {
    this.#offset += ms * 1_000;
  }

  async ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const type = { 'Content-Type': 'application/json' };
    const response = await fetch(`${this.#url}${path}`, {
      method,
      redirect: 'manual',
      headers: { ...(body === undefined ? {} : type), ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = response.headers.get('content-type')?.includes('json') === true;
    return { status: response.status, body: json ? JSON.parse(text) : text, headers: response.headers };
  }

  get url(): string {
    return this.#url;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#closing.disposeAsync();
  }

  #authorizer(): KiteOptions['authorizer'] {
    const grants = localGrants({ controllers: 'controllers', sources: ['tekton-pipelinerun'], kite: 'kite' });
    const { authorize } = createAuthorizer(localAuthorizer(() => grants));
    return {
      authorize: (user, attributes) => {
        this.questions.push(attributes);
        const namespaces = this.members.get(user.name);
        if (!namespaces) return authorize(user, attributes);
        const isWithin = attributes.kind === 'resource' && namespaces.includes(attributes.namespace ?? '');
        return isWithin ? authorize(KITE_USER, attributes) : { allowed: false };
      },
    };
  }

  async #listen(): Promise<void> {
    const { store, engine } = this;
    const authorizer = this.#authorizer();
    const source = store.changes('issues') as unknown as ChangeSource<Issue>;
    const kube = this.#closing.use(
      new KubeApi({
        resources: [issuesResource(source)],
        access: { authorizer, authenticator: { authenticate: () => ({ outcome: 'user', user: KITE_USER }) } },
        version: { gitVersion: 'v1.34.0' },
      }),
    );
    kube.start();
    const log = (fields: object, message: string): void => void this.logged.push({ fields, message });
    const logger = { info: log, warn: log, error: log };
    const visible = (): Visible => kube.cache('issues') as Visible;
    const listener: KiteListener = await openKiteListener({
      ...{ listen: { host: '127.0.0.1', port: 0 }, identity: KITE_USER, drainMs: 100, logger },
      tokens: { check: ({ headers }) => tokenOf(headers.authorization) },
      routes: kiteRoutes({ engine, store, authorizer, visible, now: Date.now, logger }),
    });
    this.#url = this.#closing.use(listener).url;
  }
}

/** `Bearer <name>` is that user. */
function tokenOf(header: string | undefined) {
  const name = /^Bearer (.+)$/.exec(header ?? '')?.[1];
  if (name === undefined) return { kind: 'absent' } as const;
  if (name === 'wrong') return { kind: 'invalid', message: 'wrong' } as const;
  return { kind: 'user', user: { name, groups: [] } } as const;
}
