import { setTimeout as wait } from 'node:timers/promises';
import type { Registry } from 'prom-client';
import type { ChangeSource, WatchCache } from '../../apiserver/kube/index.ts';
import { Freshness, freshnessMetrics, IssueTally, issueGauge, probeFreshness } from '../../apiserver/measures/index.ts';
import type { MetricsConfiguration } from '../../crds/configuration.ts';

/** How many issues this server serves, and how fresh they are: from when it begins to serve them. */
export class Measures implements Disposable {
  readonly #closing = new DisposableStack();
  readonly #metrics: ReturnType<typeof freshnessMetrics>;
  readonly #counts: boolean;
  #tally: IssueTally | undefined;
  #freshness: Freshness | undefined;

  /** Without `metrics` issues are not counted. */
  constructor(registry: Registry, metrics: MetricsConfiguration | undefined) {
    this.#metrics = freshnessMetrics(registry);
    this.#counts = metrics !== undefined;
    if (metrics) issueGauge(registry, () => this.#tally?.counts() ?? [], metrics.issues);
  }

  /** The engine stored changes up to this one. */
  stored(change: number): void {
    this.#freshness?.stored(change);
  }

  follow(cache: WatchCache | undefined, changes: Pick<ChangeSource, 'latest'>): void {
    if (cache === undefined) return;
    const { visible, staleness } = this.#metrics;
    if (this.#counts) this.#tally = this.#closing.use(new IssueTally(cache));
    const freshness = this.#closing.use(new Freshness({ cache, visible, now: Date.now }));
    this.#freshness = freshness;
    staleness(() => freshness.staleness);
    const ending = new AbortController();
    this.#closing.defer(() => ending.abort());
    const { signal } = ending;
    const sleep = (ms: number) => wait(ms, undefined, { signal, ref: false }).catch(() => undefined);
    const latest = () => changes.latest();
    void probeFreshness({ freshness, latest, now: Date.now, sleep, signal });
  }

  [Symbol.dispose](): void {
    this.#closing.dispose();
  }
}
