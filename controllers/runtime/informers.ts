import { groupOf } from '../../crds/meta.ts';
import type { Tracer } from '../../tracing/tracer.ts';
import type { Clock } from './clock.ts';
import { Controller, type ControllerOptions } from './controller.ts';
import { Informer } from './informer.ts';
import type { LoadedController } from './loader.ts';
import type { Logger } from './logger.ts';
import { LogReader } from './logs.ts';
import type { RuntimeMetrics } from './metrics.ts';
import { NamespaceFilter, namespacesToWatch } from './namespaces.ts';
import type { ClusterObject } from './object.ts';
import type { Reads, Watches } from './plugin.ts';
import type { RelatedKind } from './related.ts';
import type { ObjectSource } from './source.ts';
import { createStrip } from './strip.ts';

/** Builds the controllers of one manager and the informers that they share. */

export interface BuildOptions {
  controllers: readonly LoadedController[];
  source: ObjectSource;
  namespaces: readonly string[];
  clusterScopedNamespace: string;
  logger: Logger;
  metrics: RuntimeMetrics;
  clock: Clock;
  random: () => number;
  observationTimeoutMs?: number;
  tracer?: Tracer | undefined;
  /** Informers that run already: who wants nothing more than they have shares them. */
  running?: Iterable<KindInformer>;
}

/** An informer and what it was made for. */
export interface KindInformer {
  readonly id: string;
  readonly wants: Pick<Wanted, 'fields' | 'indexes' | 'metadataOnly' | 'ownedBy'>;
  readonly informer: Informer;
}

/** Where controllers work for as long as a process leads: where they report, and which part of the objects is theirs. */
export type Workplace = Pick<ControllerOptions, 'sink' | 'covers' | 'relists'>;

export interface PlannedController {
  readonly loaded: LoadedController;
  /** The informers that it uses. */
  readonly uses: ReadonlySet<KindInformer>;
  /** The watched kind. */
  readonly primary: Informer;
  /** The declared reads. */
  readonly reads: readonly RelatedKind[];
  /** A controller that was never run; any number of them share the informers. */
  create(at: Workplace): Controller;
}

export interface Plan {
  /** All that the controllers use, those that ran already among them. */
  readonly informers: Informer[];
  readonly planned: readonly PlannedController[];
}

interface Wanted {
  readonly apiVersions: readonly string[];
  readonly kind: string;
  readonly labelSelector: string;
  readonly fieldSelector: string;
  readonly namespaces: readonly string[];
  readonly fields: Set<string>;
  /** Paths of declared indexes. */
  readonly indexes: Set<string>;
  /** Nobody needs more than metadata. */
  metadataOnly: boolean;
  /** `group/Kind` of whom a kept object must be owned by; those of all controllers that read what they own. */
  readonly ownedBy: Set<string> | undefined;
}

/** One controller of each, and what they share. */
export function buildControllers(options: BuildOptions & Workplace): {
  controllers: Controller[];
  informers: Informer[];
} {
  const { planned, informers } = planControllers(options);
  return { controllers: planned.map(({ create }) => create(options)), informers };
}

export function planControllers(options: BuildOptions): Plan {
  const wanted = new Map<string, Wanted>();
  // First what all controllers want together, then the informers: two controllers of one kind share a watch.
  const plans = options.controllers.map((controller) => ({
    controller,
    primary: want(wanted, watchedKind(controller)),
    reads: (controller.definition.reads ?? []).map((read) => ({
      id: want(wanted, readKind(controller, read)),
      // Kept in part, either way.
      ownedByObject:
        read.ownedByObject === true || read.labelSelector !== undefined || read.fieldSelector !== undefined,
      optional: read.optional === true,
      indexes: read.indexes ?? {},
    })),
  }));
  const running = [...(options.running ?? [])];
  const kinds = new Map<string, KindInformer>();
  for (const [id, each] of wanted) {
    const found = running.find((one) => one.id === id && suffices(one, each));
    kinds.set(id, found ?? { id, wants: each, informer: informerOf(each, options) });
  }
  const informer = (id: string): Informer => (kinds.get(id) as KindInformer).informer;
  const planned = plans.map(
    ({ controller, primary, reads }): PlannedController => ({
      loaded: controller,
      uses: new Set([primary, ...reads.map(({ id }) => id)].map((id) => kinds.get(id) as KindInformer)),
      primary: informer(primary),
      reads: reads.map(({ id, ...read }) => ({ ...read, informer: informer(id) })),
      create: ({ sink, covers, relists }) =>
        new Controller({
          controller,
          primary: informer(primary),
          reads: reads.map(({ id, ...read }) => ({ ...read, informer: informer(id) })),
          sink,
          ...(covers !== undefined && { covers }),
          ...(relists !== undefined && { relists }),
          live: options.source.live,
          logs: new LogReader({
            ...options,
            controller: controller.name,
            declared: controller.definition.logs === true,
          }),
          clusterScopedNamespace: options.clusterScopedNamespace,
          namespaces: options.namespaces,
          logger: options.logger,
          metrics: options.metrics,
          tracer: options.tracer,
          clock: options.clock,
          random: options.random,
          ...(options.observationTimeoutMs !== undefined && { observationTimeoutMs: options.observationTimeoutMs }),
        }),
    }),
  );
  return { informers: [...kinds.values()].map((kind) => kind.informer), planned };
}

interface KindWish {
  readonly watches: Watches | Reads;
  readonly labelSelector: string;
  readonly ownedBy?: readonly string[];
  readonly namespaces: readonly string[];
  /** The runtime itself reads how the objects ended. */
  readonly ends: boolean;
}

function watchedKind(controller: LoadedController): KindWish {
  const { watches } = controller.definition;
  const labelSelector = [watches.labelSelector, controller.labelSelector].filter(Boolean).join(',');
  return { watches, labelSelector, namespaces: controller.namespaces, ends: controller.definition.order === 'run' };
}

function readKind(controller: LoadedController, read: Reads): KindWish {
  // What is read may live where nothing is watched (a ReleasePlan of another namespace), so only the manager's filter counts.
  const { labelSelector = '' } = read;
  if (read.ownedByObject !== true) return { watches: read, labelSelector, namespaces: [], ends: false };
  // The owner may be another declared kind: a Pod belongs to a ReplicaSet that belongs to the Deployment.
  const { watches, reads = [] } = controller.definition;
  return {
    watches: read,
    labelSelector,
    namespaces: controller.namespaces,
    ends: true,
    ownedBy: [watches, ...reads].map((owner) => kindOf(owner)),
  };
}

function want(wanted: Map<string, Wanted>, wish: KindWish): string {
  const { watches, labelSelector, ownedBy } = wish;
  // All of them, however that is written: who watches all Pods and who reads all Pods share one watch.
  const namespaces = wish.namespaces.every((pattern) => pattern === '*') ? [] : wish.namespaces;
  const { kind, fields = [], fieldSelector = '', indexes = {} } = watches;
  const apiVersions = typeof watches.apiVersion === 'string' ? [watches.apiVersion] : watches.apiVersion;
  const id = JSON.stringify([apiVersions, kind, labelSelector, fieldSelector, namespaces, ownedBy !== undefined]);
  const common: Wanted = wanted.get(id) ?? {
    ...{ apiVersions, kind, labelSelector, fieldSelector, namespaces },
    ...{ fields: new Set(), indexes: new Set(), metadataOnly: true },
    ownedBy: ownedBy === undefined ? undefined : new Set(),
  };
  for (const owner of ownedBy ?? []) common.ownedBy?.add(owner);
  const paths = Object.values(indexes);
  for (const path of paths) common.indexes.add(path);
  const read = [...fields, ...paths.filter((path) => !path.startsWith('metadata.'))];
  for (const field of read) common.fields.add(field);
  // Without a word about fields the runtime still keeps how an object ended.
  if (wish.ends || watches.fields === undefined || read.length > 0) common.metadataOnly = false;
  wanted.set(id, common);
  return id;
}

/** Whether an informer that runs already keeps all that is wanted now. */
function suffices({ wants }: KindInformer, { fields, indexes, metadataOnly, ownedBy }: Wanted): boolean {
  const kept = [...fields].every((field) => wants.fields.has(field));
  const indexed = [...indexes].every((path) => wants.indexes.has(path));
  const owned = [...(ownedBy ?? [])].every((owner) => wants.ownedBy?.has(owner));
  return kept && indexed && owned && (metadataOnly || !wants.metadataOnly);
}

function informerOf(wanted: Wanted, options: BuildOptions): Informer {
  const filters = [new NamespaceFilter(wanted.namespaces), new NamespaceFilter(options.namespaces)];
  const { ownedBy, kind } = wanted;
  const { missed } = options.metrics;
  // There at 0: an alert on it needs the series.
  missed.inc({ kind }, 0);
  const isOwned = ({ metadata }: ClusterObject): boolean =>
    ownedBy === undefined ||
    (metadata.ownerReferences ?? []).some((owner) => ownedBy.has(`${groupOf(owner.apiVersion)}/${owner.kind}`));
  return new Informer({
    source: options.source,
    apiVersions: wanted.apiVersions,
    kind,
    labelSelector: wanted.labelSelector,
    fieldSelector: wanted.fieldSelector,
    fields: [...wanted.fields],
    metadataOnly: wanted.metadataOnly,
    indexes: wanted.indexes,
    namespaces: namespacesToWatch(filters),
    onMissed: (count) => missed.inc({ kind }, count),
    strip: createStrip([...wanted.fields]),
    covers: (namespace) => filters.every((filter) => filter.matches(namespace)),
    accept: (object) => isOwned(object) && filters.every((filter) => filter.matches(object.metadata.namespace ?? '')),
    logger: options.logger,
    clock: options.clock,
  });
}

function kindOf({ apiVersion, kind }: Watches | Reads): string {
  const [first = ''] = typeof apiVersion === 'string' ? [apiVersion] : apiVersion;
  return `${groupOf(first)}/${kind}`;
}
