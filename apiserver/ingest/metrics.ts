import { Counter, type Registry } from 'prom-client';
import type { ReportResult } from '../../crds/report.ts';

/** What the engine counts (design.md decision 17): every report answered, every decision made. */
export interface EngineMetrics {
  decided(result: ReportResult): void;
  /** A limit of the configuration refused a report, or the queue did. */
  limited(limit: 'namespace' | 'source' | 'queue' | 'activeIssues'): void;
  /** Changes up to this number are stored since now. Default: nobody wants to know. */
  stored?(change: number): void;
}

/** Counters in a registry of prom-client. Labels are closed sets: no source, no subject, no run name. */
export function engineMetrics(registry: Registry): EngineMetrics {
  const reports = new Counter({
    name: 'faultline_reports_total',
    help: 'Reports answered, by status.',
    labelNames: ['status'],
    registers: [registry],
  });
  const decisions = new Counter({
    name: 'faultline_decisions_total',
    help: 'Decisions on one finding key, by cell of the decision table.',
    labelNames: ['cell'],
    registers: [registry],
  });
  const limited = new Counter({
    name: 'faultline_reports_limited_total',
    help: 'Reports refused by a limit: the rate of a namespace or a source, the queue, or too many Active issues.',
    labelNames: ['limit'],
    registers: [registry],
  });
  return {
    limited: (limit) => limited.inc({ limit }),
    decided({ status, decisions: made = [] }) {
      reports.inc({ status: String(status) });
      for (const { cell } of made) decisions.inc({ cell });
    },
  };
}
