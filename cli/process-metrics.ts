import { Counter, Gauge, type Registry } from 'prom-client';

/**
 * What every Prometheus client tells of its process, by the same names, so that existing dashboards work. Asked when
 * somebody reads: nothing runs in between (prom-client's own defaults keep a timer for the event loop's delay).
 */
export function processMetrics(registry: Registry): void {
  const registers = [registry];
  const startedAt = Date.now() / 1_000 - process.uptime();
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Total user and system CPU time spent in seconds.',
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  const gauge = (name: string, help: string, value: () => number): void => {
    new Gauge({
      ...{ name, help, registers },
      collect() {
        this.set(value());
      },
    });
  };
  gauge('process_resident_memory_bytes', 'Resident memory size in bytes.', () => process.memoryUsage.rss());
  gauge('process_start_time_seconds', 'Start time of the process since unix epoch in seconds.', () => startedAt);
  gauge(
    'nodejs_heap_size_used_bytes',
    'Process heap size used from Node.js in bytes.',
    () => process.memoryUsage().heapUsed,
  );
}
