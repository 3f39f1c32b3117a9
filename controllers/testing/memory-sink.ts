import type { Report, ReportResult } from '../../crds/report.ts';
import type { SpanContext } from '../../tracing/tracer.ts';
import type { Sink } from '../runtime/sink.ts';

/** A backend in memory: keeps what it was sent, and answers 200 unless a test says otherwise. */
export class MemorySink implements Sink {
  readonly reports: Report[] = [];
  /** Of each report, where it is traced. */
  readonly traces: (SpanContext | undefined)[] = [];
  /** The status and error for a report; default 200. */
  answer: (report: Report) => Pick<ReportResult, 'status' | 'error' | 'decisions'> = () => ({ status: 200 });

  submit(reports: readonly Report[], traces: readonly (SpanContext | undefined)[] = []): Promise<ReportResult[]> {
    this.reports.push(...reports);
    this.traces.push(...traces);
    return Promise.resolve(reports.map((report, index) => ({ index, ...this.answer(report) })));
  }

  room(): Promise<void> {
    return Promise.resolve();
  }

  /** Takes out what was sent since the last time. */
  take(): Report[] {
    return this.reports.splice(0);
  }
}
