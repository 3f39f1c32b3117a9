import { Gauge, type Registry } from 'prom-client';
import type { RuleKind } from '../../crds/issue-rule.ts';

/** Labels are a closed set: no names of rules. */
export interface RuleMetrics {
  /** Objects of the cluster, by whether they run. */
  rules(counts: { readonly running: number; readonly not: number }): void;
  /** Whether there may be rules of this kind that may not be listed. */
  unreadable(kind: RuleKind, is: boolean): void;
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
  const unreadable =
    (registry.getSingleMetric('faultline_rules_unreadable') as Gauge<'kind'> | undefined) ??
    new Gauge({
      name: 'faultline_rules_unreadable',
      help: 'Whether rules of a kind may not be listed: none of them runs, and their issues stay as they are.',
      labelNames: ['kind'],
      registers: [registry],
    });
  return {
    unreadable(kind, is) {
      unreadable.set({ kind }, is ? 1 : 0);
    },
    rules({ running, not }) {
      rules.set({ running: 'true' }, running);
      rules.set({ running: 'false' }, not);
    },
  };
}
