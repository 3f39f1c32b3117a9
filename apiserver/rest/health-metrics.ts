import { Gauge, type Registry } from 'prom-client';
import { type HealthCheck, isHealthy } from './health.ts';

/** `faultline_health_check{check}`: what `/readyz?verbose` says, for alerts. Asked when somebody reads. */
export function healthMetrics(registry: Registry, checks: readonly HealthCheck[]): void {
  new Gauge({
    name: 'faultline_health_check',
    help: 'Checks of /readyz, by name: 1 healthy, 0 not.',
    labelNames: ['check'] as const,
    registers: [registry],
    async collect() {
      const found = await Promise.all(
        checks.map(async (check) => ({ check: check.name, healthy: await isHealthy(check) })),
      );
      for (const { check, healthy } of found) this.set({ check }, healthy ? 1 : 0);
    },
  });
}
