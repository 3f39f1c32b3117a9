import { type Clock, systemClock } from '../../../controllers/runtime/clock.ts';
import { API_VERSION } from '../../../crds/names.ts';
import type { ClusterConnection } from '../../cluster/connection.ts';
import { Asker } from '../../reading/ask.ts';
import { Refusal } from '../../reading/fault.ts';
import { listPages, type Row } from '../../reading/issues.ts';
import { Sockets } from '../../reading/sockets.ts';
import type { Connection, SmallTable } from '../frame/scene.ts';
import type { Follower, Listed, Source } from '../source/source.ts';
import type { Act } from '../state/state.ts';
import { performAct } from './act.ts';
import { controllerRemarks } from './controller-remarks.ts';
import { clusterDocument } from './documents.ts';
import { follow, queryOf } from './follow.ts';
import { groupsTable } from './groups-table.ts';
import { membersOf } from './members-of.ts';

export interface ClusterSourceOptions {
  /** Reads the kubeconfig as it is now. Throws a Failure of one line. */
  connect(): Promise<ClusterConnection>;
  /** Another text after the kubeconfig changed: only then, and when the server refuses the user, it is read again. */
  version?(): Promise<string>;
  readonly signal: AbortSignal;
  /** ms since 1970. */
  now(): number;
  /** Default: the machine's timers. */
  readonly after?: Clock['after'];
}

/** Issues of a cluster, through the Kubernetes API as the user of the kubeconfig. */
export async function clusterSource({
  connect,
  version = async () => '',
  signal,
  now,
  after = systemClock.after,
}: ClusterSourceOptions): Promise<Source> {
  const connection = await connect();
  const sockets = new Sockets(now);
  let current = Promise.resolve(connection);
  /** Of the kubeconfig that was read last. */
  let known = await version();
  let isRefused = false;
  let renewing: Promise<ClusterConnection> | undefined;
  /** With what the kubeconfig says now. Once for all who ask at the same time: an exec plugin is a program that runs. */
  const again = (): Promise<ClusterConnection> => {
    renewing ??= connect()
      .then((renewed) => {
        current = Promise.resolve(renewed);
        return renewed;
      })
      .finally(() => {
        renewing = undefined;
      });
    return renewing;
  };
  const once = async <T>(
    over: ClusterConnection,
    stop: AbortSignal,
    question: (asker: Asker) => Promise<T>,
  ): Promise<T> => {
    return await question(new Asker(over, AbortSignal.any([signal, stop]), sockets));
  };
  const ask = async <T>(stop: AbortSignal, question: (asker: Asker) => Promise<T>): Promise<T> => {
    const over = await current;
    try {
      return await once(over, stop, question);
    } catch (error) {
      if (!(error instanceof Refusal) || error.status !== 401) throw error;
      // Another question may have been refused before, and there are newer credentials.
      const known = await current;
      return await once(known === over ? await again() : known, stop, question);
    }
  };
  const open = async (until: AbortSignal): Promise<Asker> => {
    const stamp = await version();
    const isOld = stamp !== known || isRefused;
    const over = await (isOld ? again() : current);
    known = stamp;
    isRefused = false;
    return new Asker(over, until, sockets);
  };
  return {
    place: connection.name,
    still: undefined,
    follow: (to: Follower, namespace, stop) =>
      follow({
        ...{ open, namespace, signal: stop, now },
        to: noticing(to, ({ kind }) => {
          isRefused ||= kind === 'refused';
          if (kind === 'lost') sockets.closeIdle();
        }),
        fallback: connection.namespace ?? 'default',
      }),
    past: (at, namespace, stop) => ask(stop, (asker) => pastOf(asker, at, namespace)),
    document: (view, stop, tell = () => {}) =>
      ask(stop, (asker) => clusterDocument(asker, view, { signal: stop, now: now(), after, tell })),
    groups: (stop): Promise<SmallTable> => ask(stop, (asker) => groupsTable(asker)),
    members: (query, stop) => ask(stop, (asker) => membersOf(asker, query)),
    controllers: (stop) => ask(stop, (asker) => controllerRemarks(asker)),
    may: (act, namespace, stop) => ask(stop, (asker) => mayAct(asker, act, namespace)),
    act: (act, key, text, stop) => ask(stop, (asker) => performAct(asker, act, key, text)),
    async [Symbol.asyncDispose]() {
      sockets[Symbol.dispose]();
    },
  };
}

/** A follower whose connection is looked at, too. */
function noticing(to: Follower, look: (connection: Connection) => void): Follower {
  return {
    connection(connection) {
      look(connection);
      to.connection(connection);
    },
    columns: (columns) => to.columns(columns),
    rows: (put, remove) => to.rows(put, remove),
    synced: (keys) => to.synced(keys),
    limited: (namespace, why) => to.limited(namespace, why),
  };
}

async function pastOf(asker: Asker, at: number, namespace: string | undefined): Promise<Listed> {
  const rows: Row[] = [];
  let columns: Listed['columns'] = [];
  for await (const page of listPages(asker, { ...queryOf(namespace), asOf: new Date(at).toISOString() })) {
    columns = page.columns ?? columns;
    for (const row of page.rows) rows.push(row);
  }
  return { columns, rows };
}

/** Asks about the user's own rights, as `kubectl auth can-i` does. */
async function mayAct(asker: Asker, act: Act, namespace: string): Promise<boolean> {
  const [group] = API_VERSION.split('/');
  const { body } = await asker.json<{ status?: { allowed?: boolean } }>(
    '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    {
      body: {
        ...{ apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview' },
        spec: { resourceAttributes: { group, resource: 'issues', subresource: act, verb: 'create', namespace } },
      },
    },
  );
  return body.status?.allowed === true;
}
