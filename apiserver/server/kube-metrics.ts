import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { KubeMetrics } from '../kube/metrics.ts';

/** Feeds a registry with what the Kubernetes API tells about itself (X11). */
export function kubeMetrics(registry: Registry): KubeMetrics {
  const registers = [registry];
  const requests = new Histogram({
    name: 'faultline_api_request_duration_seconds',
    help: 'Requests to the Kubernetes API other than watches, by verb, resource and HTTP code.',
    labelNames: ['verb', 'resource', 'code'] as const,
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    registers,
  });
  const watches = new Gauge({
    name: 'faultline_api_watches',
    help: 'Open watches by resource.',
    labelNames: ['resource'] as const,
    registers,
  });
  const ended = new Counter({
    name: 'faultline_api_watches_ended_total',
    help: 'Watches that ended, by resource and reason.',
    labelNames: ['resource', 'reason'] as const,
    registers,
  });
  const lag = new Histogram({
    name: 'faultline_api_watch_lag_changes',
    help: 'How many change numbers a watcher was behind when it was handed lines.',
    labelNames: ['resource'] as const,
    buckets: [0, 1, 10, 100, 1000, 10_000],
    registers,
  });
  return {
    requestFinished: ({ verb, resource, code, seconds }) =>
      requests.observe({ verb, resource, code: String(code) }, seconds),
    watchStarted: (resource) => watches.inc({ resource }),
    watchEnded: (resource, reason) => {
      watches.dec({ resource });
      ended.inc({ resource, reason });
    },
    watchLag: (resource, changes) => lag.observe({ resource }, changes),
  };
}
