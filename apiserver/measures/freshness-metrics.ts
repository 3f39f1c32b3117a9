import { Gauge, Histogram, type Registry } from 'prom-client';

export interface FreshnessMetrics {
  readonly visible: (seconds: number) => void;
  /** Asked when somebody reads. */
  staleness(seconds: () => number): void;
}

/** Change to visible, as this server measures it: docs/slo.md. */
export function freshnessMetrics(registry: Registry): FreshnessMetrics {
  const registers = [registry];
  const visible = new Histogram({
    name: 'faultline_change_visible_seconds',
    help: 'From a stored change to its being served by this process.',
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  });
  return {
    visible: (seconds) => visible.observe(seconds),
    staleness(seconds) {
      new Gauge({
        name: 'faultline_staleness_seconds',
        help: 'What this process serves has everything that was stored so long ago.',
        registers,
        collect() {
          this.set(seconds());
        },
      });
    },
  };
}
