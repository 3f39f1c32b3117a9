import { Gauge, type Registry } from 'prom-client';

/** Labels are a closed set: no names of rules. */
export interface RuleMetrics {
  /** Objects of the cluster, by whether they run. */
  rules(counts: { readonly running: number; readonly not: number }): void;
}

export function ruleMetrics(registry: Registry): RuleMetrics {
  const rules =
    (registry.getSingleMetric('faultline_rules') as Gauge<'running'> | undefined) ??
    new Gauge({
      name: 'faultline_rules',
      help: 'Rules of the cluster, by whether they run.',
      labelNames: ['running'],
      registers: [registry],
    });
  return {
    rules({ running, not }) {
      rules.set({ running: 'true' }, running);
      rules.set({ running: 'false' }, not);
    },
  };
}
