import type { Report, ReportBody, ReportOrder } from '../../../crds/report.ts';
import { openStore } from '../../store/open-store.ts';
import type { SqlStore } from '../../store/sql-store.ts';
import { createEngine, type Engine, type EngineOptions } from '../engine.ts';
import { localNamespaces } from '../namespaces.ts';
import { trustedAccess } from '../ports.ts';
import { finding, SUBJECT } from './world.ts';

export const CALLER = { name: 'faultline-controllers', groups: ['system:authenticated'] };
export const HOUR = 3_600_000;
export const RED: ReportBody = { complete: true, findings: [finding('run')] };
export const HEALTHY: ReportBody = { complete: true, findings: [] };

export interface ServedIssue {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly uid: string };
  readonly spec: { readonly subject: { readonly name: string } };
  readonly status: { readonly state: string };
}

/** Engines on one real store, PGlite in memory. It starts in seconds, its tables are emptied in milliseconds. */
export class EngineFixture implements AsyncDisposable {
  readonly store: SqlStore;
  readonly #clock: { offset: number };

  private constructor(store: SqlStore, clock: { offset: number }) {
    this.store = store;
    this.#clock = clock;
  }

  static async open(): Promise<EngineFixture> {
    const clock = { offset: 0 };
    const clockOffset = (): number => clock.offset * 1_000;
    const store = await openStore({ database: { embedded: 'memory' }, clusterId: 'folder:/test', clockOffset });
    return new EngineFixture(store, clock);
  }

  async empty(): Promise<void> {
    this.#clock.offset = 0;
    await this.store.database.query(
      'TRUNCATE issues, watermarks, deliveries, sources, episodes, timeline, evidence, changes CASCADE',
    );
  }

  /** Lets so many ms pass on the database clock. */
  pass(ms: number): void {
    this.#clock.offset += ms;
  }

  start(options: Partial<EngineOptions> = {}): Engine {
    const { store } = this;
    return createEngine({ store, namespaces: localNamespaces('folder:/test'), access: trustedAccess, ...options });
  }

  ago(ms: number): string {
    return new Date(Date.now() + this.#clock.offset - ms).toISOString();
  }

  run(completedMsAgo: number, uid = `uid-${completedMsAgo}`): ReportOrder & { class: 'run' } {
    const [completedAt, createdAt] = [this.ago(completedMsAgo), this.ago(completedMsAgo + 60_000)];
    return { class: 'run', completedAt, createdAt, uid, detail: 0, epoch: 1, sequence: 1 };
  }

  async issues(): Promise<ServedIssue[]> {
    return (await this.store.changes('issues').snapshot()).objects as unknown as ServedIssue[];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.store[Symbol.asyncDispose]();
  }
}

export function about(name: string, aspect?: string): Partial<Report> {
  return { subject: { ...SUBJECT, name, ...(aspect ? { aspect } : {}) } };
}

/** `3A run` for each decision of each report, or what was refused. */
export async function cellsOf(engine: Engine, reports: unknown): Promise<string[][]> {
  const { results } = await engine.submit(reports, CALLER);
  return results.map(({ status, decisions = [], error }) =>
    status === 200 ? decisions.map(({ key, cell }) => `${cell} ${key}`) : [`${status} ${error}`],
  );
}
