import type { Report } from '../../crds/report.ts';
import { systemClock } from '../runtime/clock.ts';
import { prepare } from '../runtime/definition-module.ts';
import type { Informer } from '../runtime/informer.ts';
import { planControllers } from '../runtime/informers.ts';
import type { LoadedController } from '../runtime/loader.ts';
import { silentLogger } from '../runtime/logger.ts';
import { LogReader } from '../runtime/logs.ts';
import { createRuntimeMetrics } from '../runtime/metrics.ts';
import { type ClusterObject, isClusterObject, kindId } from '../runtime/object.ts';
import { decidedReports, isUndecided, observationsOf, reportsOf } from '../runtime/observation.ts';
import { observeWithin } from '../runtime/observe.ts';
import type { ControllerDefinition, ControllerTemplate, ObjectLike } from '../runtime/plugin.ts';
import { createRecordedSource } from '../runtime/recorded-source.ts';
import { type Reading, Related, relatedKinds } from '../runtime/related.ts';
import type { ObjectSource } from '../runtime/source.ts';

/** What a controller is given besides the objects. */
export interface Setup {
  /** `with:` of faultline.yaml. Default none. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** What `read.now()` says, RFC 3339. Default 2026-01-01T00:00:00Z. */
  readonly now?: string;
  /** Objects that are there too and are not looked at. */
  readonly related?: readonly ObjectLike[];
  /** `read.live`: as in a cluster, or as over a recording. Default true. */
  readonly live?: boolean;
  /** The log of a container, for controllers with `logs: true`. Default: no log can be had. */
  readonly logs?: (pod: {
    readonly namespace: string;
    readonly pod: string;
    readonly container: string;
  }) => string | undefined;
}

/** One look at one object: what the runtime would send, or why it sends nothing. */
export interface FixtureLook {
  /** `batch/v1 Job shop/backup`. */
  readonly object: string;
  /** Why there is no verdict. */
  readonly undecided?: string;
  /** There will never be a verdict. */
  readonly final?: boolean;
  /** It looks again after so many ms. */
  readonly again?: number;
  /** Of several subjects those without a verdict (`noVerdict`), and why. */
  readonly noVerdict?: readonly { readonly subject: Report['subject']; readonly reason: string }[];
  /** What the backend is sent, as it is checked, cut and masked; empty without a verdict. */
  readonly reports: readonly Report[];
}

/** How a look failed: `observe` threw, or what it answered cannot be sent. */
export interface LookFault {
  readonly during: 'observe' | 'report';
  readonly error: unknown;
}

/** A controller or a template, whatever it watches. */
export type AnyController<T extends ObjectLike, O> = ControllerDefinition<T, O> | ControllerTemplate<O>;

/**
 * A controller over objects without a cluster, through the informers, caches and reads of the runtime: what `fields` does not
 * declare is not there, and what `reads` does not declare cannot be read.
 */
export class Fixtures {
  readonly definition: ControllerDefinition;
  readonly #loaded: LoadedController;
  readonly #setup: Setup;
  readonly #metrics = createRuntimeMetrics();

  /** Throws with every fault when the definition or its options are none. */
  constructor(controller: unknown, setup: Setup = {}) {
    const { definition, options, faults } = prepare(controller, setup.options ?? {}, 'controller');
    if (definition === undefined)
      throw new TypeError(faults.map(({ path, message }) => `${path}: ${message}`).join('\n'));
    this.definition = definition;
    this.#setup = setup;
    this.#loaded = {
      ...{ name: 'test', use: './test.ts', definition, options, namespaces: ['*'], labelSelector: '' },
      ...{ concurrency: 1, maxAgeMs: Number.MAX_SAFE_INTEGER },
    };
  }

  isWatched({ apiVersion, kind }: ObjectLike): boolean {
    const { watches } = this.definition;
    const [version = ''] = [watches.apiVersion].flat();
    return kindId(apiVersion, kind) === kindId(version, watches.kind);
  }

  /** Everything that it says of these objects; the first fault rejects. */
  async observe(objects: readonly ObjectLike[]): Promise<FixtureLook[]> {
    const looks: FixtureLook[] = [];
    for (const look of await this.tryAll(objects)) {
      if ('during' in look) throw look.error;
      looks.push(look);
    }
    return looks;
  }

  /** Looks at every watched object, in order of namespace and name. */
  async tryAll(objects: readonly ObjectLike[]): Promise<(FixtureLook | (LookFault & { readonly object: string }))[]> {
    const source = this.#source([...objects, ...(this.#setup.related ?? [])]);
    const common = { logger: silentLogger, metrics: this.#metrics, clock: systemClock };
    const { planned, informers } = planControllers({
      ...{ ...common, controllers: [this.#loaded], source, random: () => 0 },
      ...{ namespaces: ['*'], clusterScopedNamespace: 'faultline-system' },
    });
    const [plan] = planned as [(typeof planned)[number]];
    const ended = new AbortController();
    const running = informers.map((informer) => informer.run(ended.signal));
    try {
      while (!informers.every(({ settled }) => settled)) await new Promise((resolve) => setImmediate(resolve));
      const related = new Related(relatedKinds(this.definition, plan.primary, plan.reads), source.live);
      const logs = new LogReader({ ...common, source, controller: 'test', declared: this.definition.logs === true });
      const looked = watchedOf(plan.primary, objects);
      const looks: (FixtureLook | (LookFault & { object: string }))[] = [];
      for (const object of looked) looks.push(await this.#look(object, related, logs));
      return looks;
    } finally {
      ended.abort();
      await Promise.all(running);
    }
  }

  async #look(
    object: ClusterObject,
    related: Related,
    logs: LogReader,
  ): Promise<FixtureLook | (LookFault & { object: string })> {
    const { namespace, name } = object.metadata;
    const called = `${object.apiVersion} ${object.kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
    const { now = '2026-01-01T00:00:00Z', live = true } = this.#setup;
    const reading: Reading[] = [];
    const read = (signal: AbortSignal): Reading['read'] => {
      reading.push(
        related.begin(
          object,
          () => Date.parse(now),
          signal,
          logs.of(signal, () => false),
        ),
      );
      return (reading[0] as Reading).read;
    };
    let during: LookFault['during'] = 'observe';
    try {
      const limits = { timeoutMs: 10_000, clock: systemClock, signal: new AbortController().signal };
      const verdict = await observeWithin(this.#loaded, { object, read }, limits);
      during = 'report';
      if (isUndecided(verdict)) {
        const { undecided, final = false, again } = verdict;
        return {
          object: called,
          undecided,
          ...(final && { final }),
          ...(again !== undefined && { again }),
          reports: [],
        };
      }
      const observations = observationsOf(verdict);
      const { order, crossNamespaceText = false } = this.definition;
      const reports = reportsOf(observations, {
        ...{ source: 'test', order, object, epoch: 1, sequence: 1, detail: reading[0]?.detail() ?? 0, live },
        ...{ clusterScopedNamespace: 'faultline-system', crossNamespaceText },
      });
      const again = observations.map((each) => each.again).filter((ms) => ms !== undefined);
      const { decided, noVerdict } = decidedReports(reports, observations);
      return {
        object: called,
        ...(again.length > 0 && { again: Math.min(...again) }),
        ...(noVerdict.length > 0 && { noVerdict }),
        reports: [...decided.values()],
      };
    } catch (error) {
      return { object: called, during, error };
    }
  }

  #source(objects: readonly ObjectLike[]): ObjectSource {
    const { live = true, logs } = this.#setup;
    return {
      ...createRecordedSource(objects.filter((object): object is ClusterObject => isClusterObject(object))),
      live,
      ...(logs && {
        logs: async ({ namespace, pod, container }) => {
          const text = logs({ namespace, pod, container });
          return text === undefined ? { missing: 'NotFound' } : { text, cut: false };
        },
      }),
    };
  }
}

/** What of `objects` arrived in the cache: selectors leave out what the server would not send. */
function watchedOf({ cache, kind }: Informer, objects: readonly ObjectLike[]): ClusterObject[] {
  const asked = objects.filter((object) => object.kind === kind);
  const keys = asked.map(({ metadata }) => `${metadata?.namespace ?? ''}/${metadata?.name}`);
  return [...new Set(keys)]
    .sort()
    .map((key) => cache.get(key))
    .filter((object) => object !== undefined);
}
