import { Counter, type Registry } from 'prom-client';

/**
 * What became of an Event: `written`; `limited` by a rate; `old`, because nobody could write it for 10 minutes; `gone`,
 * its namespace; `refused` by the cluster (rights, validation); `failed`, because the cluster was busy for too long.
 */
export type EventOutcome = 'written' | 'limited' | 'old' | 'gone' | 'refused' | 'failed';

export interface EventMetrics {
  counted(outcome: EventOutcome): void;
}

export function eventMetrics(registry: Registry): EventMetrics {
  const events = new Counter({
    name: 'faultline_events_total',
    help: 'Kubernetes Events about issues and what showed them, by what became of them.',
    labelNames: ['outcome'] as const,
    registers: [registry],
  });
  return { counted: (outcome) => events.inc({ outcome }) };
}
