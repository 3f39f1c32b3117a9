import type { Registry } from 'prom-client';
import type { Engine, ReportAccess } from '../../apiserver/ingest/index.ts';
import type { Authenticator } from '../../apiserver/kube/access/index.ts';
import {
  type Declaration,
  type ReceiverCallers,
  Receivers,
  type ReceiversOptions,
  receiverMetrics,
  type Secrets,
  type WatchReceivers,
  type WriteReceiverStatus,
} from '../../apiserver/receivers/index.ts';
import { receiverRoutes } from '../../apiserver/rest/receivers.ts';
import type { Log } from '../log.ts';
import type { ConnectingStore } from './connecting-store.ts';

/** Where receivers come from, and what belongs to them. */
export interface ReceiversWiring {
  /** Those of faultline.yaml. */
  readonly configured: readonly Declaration[];
  /** Those of the cluster; absent: none are watched. */
  readonly watch?: WatchReceivers;
  /** Absent: nothing is written to the cluster. */
  readonly writeStatus?: WriteReceiverStatus;
  readonly secrets: Secrets;
}

/** Follows the receivers until it is disposed of; `routes` take what is sent to them. */
export function openReceivers(
  { secrets, ...wiring }: ReceiversWiring,
  to: {
    readonly store: Pick<ConnectingStore, 'opened' | 'lead'>;
    readonly engine: Engine;
    readonly callers: ReceiverCallers;
    readonly authenticator: Authenticator;
    readonly access: ReportAccess;
    readonly clusterScopedNamespace: string;
    readonly registry: Registry;
    readonly log: Log;
  },
): AsyncDisposable & { readonly routes: ReturnType<typeof receiverRoutes> } & Pick<Receivers, 'declare'> {
  const metrics = receiverMetrics(to.registry);
  const receivers = new Receivers({ ...wiring, store: leadWhenOpened(to.store), log: to.log, metrics });
  receivers.start();
  return {
    routes: receiverRoutes({ ...to, receivers, secrets, metrics, now: Date.now }),
    declare: (configured) => receivers.declare(configured),
    [Symbol.asyncDispose]: () => receivers[Symbol.asyncDispose](),
  };
}

/**
 * A cluster tells its receivers in less time than a database is opened in, or migrated: until then nothing is wrong. Why a
 * database is away is told where it is opened; one that goes later fails here, too.
 */
export function leadWhenOpened(store: Pick<ConnectingStore, 'opened' | 'lead'>): ReceiversOptions['store'] {
  return {
    async lead(...registration) {
      await store.opened;
      return await store.lead(...registration);
    },
  };
}
