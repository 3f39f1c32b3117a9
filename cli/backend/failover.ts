import { Counter, type Registry } from 'prom-client';
import type { Log } from '../log.ts';

/** Counts and tells what a failover of the database cost: for `StoreOptions.onFailover`. */
export function failoverMetrics(registry: Registry, log: Pick<Log, 'warn'>): (lost: number) => void {
  const failovers = new Counter({
    name: 'faultline_database_failovers_total',
    help: 'How often the database turned out to be another one: a promoted standby, a restored backup.',
    registers: [registry],
  });
  const changes = new Counter({
    name: 'faultline_failover_lost_changes_total',
    help: 'Changes that this server had committed and acknowledged and that the database lacked after a failover.',
    registers: [registry],
  });
  return (lost) => {
    failovers.inc();
    changes.inc(lost);
    log.warn({ lost }, 'the database is another one than before: watches begin anew and controllers report again');
  };
}
