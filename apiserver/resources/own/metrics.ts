import { Counter, Gauge, type Registry } from 'prom-client';

/** What is counted of the feeds of resources that a configuration adds. */
export interface FeedMetrics {
  /** Whether this process writes the resource. */
  leading(resource: string, leading: boolean): void;
  written(resource: string, op: string, count: number): void;
  refused(resource: string): void;
  failed(resource: string): void;
}

export function feedMetrics(registry: Registry): FeedMetrics {
  const registers = [registry];
  const leading = new Gauge({
    name: 'faultline_resource_leading',
    help: '1 where this process writes the objects of the resource; one process does.',
    labelNames: ['resource'] as const,
    registers,
  });
  const changes = new Counter({
    name: 'faultline_resource_changes_total',
    help: 'Changes that the feed of a resource made, by operation.',
    labelNames: ['resource', 'op'] as const,
    registers,
  });
  const refused = new Counter({
    name: 'faultline_resource_refused_total',
    help: 'Objects of a feed that were refused: a bad name, or not what the schema allows.',
    labelNames: ['resource'] as const,
    registers,
  });
  const failures = new Counter({
    name: 'faultline_resource_feed_failures_total',
    help: 'How often the feed of a resource ended with an error and was started again.',
    labelNames: ['resource'] as const,
    registers,
  });
  return {
    leading: (resource, yes) => leading.set({ resource }, yes ? 1 : 0),
    written: (resource, op, count) => changes.inc({ resource, op }, count),
    refused: (resource) => refused.inc({ resource }),
    failed: (resource) => failures.inc({ resource }),
  };
}
