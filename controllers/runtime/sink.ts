import type { Report, ReportResult } from '../../crds/report.ts';
import type { SpanContext } from '../../tracing/tracer.ts';

/**
 * Where reports go: the port that the controllers need. `http-sink.ts` speaks to a backend; `replay` gives an engine
 * in the same process.
 */
export interface Sink {
  /**
   * Resolves when every report was decided: one result a report, in order. Faults of the way there (network, 408, 429,
   * 5xx) are retried inside for as long as it takes, so a result other than 200 is the backend's word; 429 only where too
   * many issues are Active, or where a namespace that reports too much has no more room here. Rejects only when the sink
   * was closed before the reports arrived. `traces`: of each report's look, where it is traced.
   */
  submit(reports: readonly Report[], traces?: readonly (SpanContext | undefined)[]): Promise<ReportResult[]>;
  /** Resolves when there is room: the back-pressure that stops the workers while a backend is away. */
  room(signal: AbortSignal): Promise<void>;
}
