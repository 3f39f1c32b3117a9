import { Counter, Gauge, type Registry } from 'prom-client';

/** The names of client-go, so that existing dashboards and alerts work. */
export interface ElectionMetrics {
  readonly master: Gauge<'name'>;
  readonly slowPath: Counter<'name'>;
}

export function electionMetrics(registry: Registry): ElectionMetrics {
  const [registers, labelNames] = [[registry], ['name'] as const];
  const master = new Gauge({
    name: 'leader_election_master_status',
    help: '1 while this process holds the lease, 0 while it stands by',
    ...{ registers, labelNames },
  });
  const slowPath = new Counter({
    name: 'leader_election_slowpath_total',
    help: 'Renewals that had to read the lease first',
    ...{ registers, labelNames },
  });
  return { master, slowPath };
}
