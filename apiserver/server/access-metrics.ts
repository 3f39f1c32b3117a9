import { Counter, Histogram, type Registry } from 'prom-client';
import type { ReviewObserver } from '../kube/access/types.ts';

/** What access control tells about itself (X11). */
export interface AccessMetrics {
  readonly reviewed: ReviewObserver;
  /** A credential was refused or could not be checked. */
  faulted(): void;
  /** They are made before the registry that they are read from. */
  register(registry: Registry): void;
}

export function accessMetrics(): AccessMetrics {
  const registers: Registry[] = [];
  const reviews = new Histogram({
    name: 'faultline_access_review_duration_seconds',
    help: 'Questions to the cluster about tokens and rights, with their repetitions, by review and result (allowed, denied, error). Cached answers are not counted.',
    labelNames: ['review', 'result'] as const,
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    registers,
  });
  const faults = new Counter({
    name: 'faultline_credential_faults_total',
    help: 'Credentials that were refused or could not be checked.',
    registers,
  });
  return {
    reviewed: ({ review, result, seconds }) => reviews.observe({ review, result }, seconds),
    faulted: () => faults.inc(),
    register(registry) {
      registry.registerMetric(reviews);
      registry.registerMetric(faults);
    },
  };
}
