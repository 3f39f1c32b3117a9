import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** The names of controller-runtime and client-go, so that existing dashboards work, and few of our own. */

/** Those of controller-runtime's reconcile_time_seconds. */
const RECONCILE_SECONDS = [
  ...[
    0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 1.75,
  ],
  ...[2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60],
];
/** Those of its workqueue metrics: powers of ten from 10 ns. */
const QUEUE_SECONDS = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10, 100, 1_000];

/** From a change to its being stored; the objective is 5 s (docs/slo.md). */
const STORED_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** Removes the series of a controller that is no more: a gauge would tell its last word for ever. */
export async function forgetController(metrics: RuntimeMetrics, name: string): Promise<void> {
  for (const metric of Object.values(metrics)) {
    for (const { labels } of (await metric.get()).values) {
      const { controller, name: queue, le: _, ...rest } = labels as Partial<Record<string, string>>;
      if (controller === name) metric.remove({ ...rest, controller });
      else if (queue === name) metric.remove({ ...rest, name: queue });
    }
  }
}

/** Series that are there at 0, as controller-runtime has them: a rate of what never happened is 0, and not nothing. */
export function beginController(metrics: RuntimeMetrics, name: string): void {
  const { reconciles, reconcileErrors, terminalErrors, panics, timeouts, queueAdds, queueRetries } = metrics;
  for (const result of ['success', 'error', 'requeue', 'requeue_after'])
    reconciles.inc({ controller: name, result }, 0);
  for (const metric of [reconcileErrors, terminalErrors, panics, timeouts]) metric.inc({ controller: name }, 0);
  for (const metric of [queueAdds, queueRetries]) metric.inc({ name }, 0);
}

export type RuntimeMetrics = ReturnType<typeof createRuntimeMetrics>;

/** Registers the runtime's metrics once; a registry that has them already gives the same ones. */
export function createRuntimeMetrics(registry: Registry = new Registry()) {
  const counter = <L extends string>(name: string, help: string, ...labelNames: L[]): Counter<L> =>
    (registry.getSingleMetric(name) as Counter<L> | undefined) ??
    new Counter({ name, help, labelNames, registers: [registry] });
  const gauge = <L extends string>(name: string, help: string, ...labelNames: L[]): Gauge<L> =>
    (registry.getSingleMetric(name) as Gauge<L> | undefined) ??
    new Gauge({ name, help, labelNames, registers: [registry] });
  const histogram = <L extends string>(buckets: number[], name: string, help: string, label: L): Histogram<L> =>
    (registry.getSingleMetric(name) as Histogram<L> | undefined) ??
    new Histogram({ name, help, labelNames: [label], buckets, registers: [registry] });
  return {
    reconciles: counter('controller_runtime_reconcile_total', 'Looks by result', 'controller', 'result'),
    reconcileErrors: counter('controller_runtime_reconcile_errors_total', 'Looks that failed', 'controller'),
    terminalErrors: counter(
      'controller_runtime_terminal_reconcile_errors_total',
      'Looks that will not be retried',
      'controller',
    ),
    panics: counter(
      'controller_runtime_reconcile_panics_total',
      'Looks that ended by a fault in the code of the plugin',
      'controller',
    ),
    timeouts: counter('controller_runtime_reconcile_timeouts_total', 'Looks that took too long', 'controller'),
    reconcileSeconds: histogram(
      RECONCILE_SECONDS,
      'controller_runtime_reconcile_time_seconds',
      'Duration of a look',
      'controller',
    ),
    maxConcurrent: gauge('controller_runtime_max_concurrent_reconciles', 'Workers', 'controller'),
    activeWorkers: gauge('controller_runtime_active_workers', 'Workers that look at an object now', 'controller'),
    queueDepth: gauge('workqueue_depth', 'Keys that wait', 'name'),
    queueAdds: counter('workqueue_adds_total', 'Keys added', 'name'),
    queueSeconds: histogram(QUEUE_SECONDS, 'workqueue_queue_duration_seconds', 'How long a key waited', 'name'),
    workSeconds: histogram(QUEUE_SECONDS, 'workqueue_work_duration_seconds', 'How long a key was worked on', 'name'),
    unfinishedSeconds: gauge('workqueue_unfinished_work_seconds', 'Sum of the ages of the work in progress', 'name'),
    longestSeconds: gauge('workqueue_longest_running_processor_seconds', 'Age of the oldest work in progress', 'name'),
    queueRetries: counter('workqueue_retries_total', 'Keys added again after a failure', 'name'),
    objects: gauge('faultline_objects', 'Objects by what the last look came to', 'controller', 'outcome'),
    reports: counter(
      'faultline_controller_reports_total',
      'Reports by the answer of the backend',
      'controller',
      'status',
    ),
    storedSeconds: histogram(
      STORED_SECONDS,
      'faultline_change_stored_seconds',
      'From a change that the watch told to its being stored by the backend',
      'controller',
    ),
    skipped: counter('faultline_reports_skipped_total', 'Looks that were not sent, by reason', 'controller', 'reason'),
    logReads: counter('faultline_log_reads_total', 'Logs asked for as evidence', 'controller', 'result'),
    malformed: counter('faultline_malformed_objects_total', 'Objects without a usable identity', 'kind'),
    missed: counter('faultline_watch_missed_total', 'Changes that only a relist found: must stay 0', 'kind'),
    cacheObjects: gauge('faultline_cache_objects', 'Objects that are kept', 'kind'),
    cacheBytes: gauge('faultline_cache_bytes', 'About what the kept objects take in memory', 'kind'),
    pluginUp: gauge('faultline_plugin_up', 'Whether the thread of a plugin runs', 'controller'),
    pluginEnds: counter('faultline_plugin_stopped_total', 'How often a plugin was stopped', 'controller', 'reason'),
    pluginParked: gauge(
      'faultline_plugin_parked_objects',
      'Objects that are not looked at because they stop the plugin',
      'controller',
    ),
    buffered: gauge('faultline_sink_buffered_reports', 'Reports that wait for the backend'),
    requests: counter('rest_client_requests_total', 'Requests by status', 'code', 'method', 'host'),
  };
}
