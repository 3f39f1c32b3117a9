import { randomUUID } from 'node:crypto';
import {
  isCrowded,
  type LeadResponse,
  type ReportResult,
  type ReportsResponse,
  retryAfterSeconds,
  type SubjectsResponse,
  type SyncResponse,
} from '../../crds/report.ts';
import type { SpanContext, Tracer } from '../../tracing/tracer.ts';
import type { FlappingRule } from '../store/flapping.ts';
import type { Store, StoredIssue } from '../store/store.ts';
import { StoreUnavailable } from '../store/store.ts';
import { act, type IssueAction } from './actions.ts';
import { ActiveCap } from './active-cap.ts';
import { type Admitted, admit, joinPath } from './admission.ts';
import { GroupCommit, TooManyReports } from './group-commit.ts';
import { Leaders } from './leaders.ts';
import type { EngineMetrics } from './metrics.ts';
import { withHome } from './namespaces.ts';
import type { Caller, Namespaces, ReportAccess } from './ports.ts';
import { RateGate, type RateLimits } from './rate-gate.ts';
import { issuesOf } from './unit.ts';

export interface EngineOptions {
  readonly store: Store;
  readonly namespaces: Namespaces;
  readonly access: ReportAccess;
  /** ms; a run that completed longer ago and has no watermark is stale. Infinity for the folder source and `replay`. Default 90 d. */
  readonly retention?: number;
  /** Where issues of cluster-scoped subjects live. Default `faultline-system`. */
  readonly clusterScopedNamespace?: string;
  /** Reports that may wait for a batch; more are refused with TooManyReports. Default 10,000. */
  readonly capacity?: number;
  /** Rows of a batch. Default 1,000. */
  readonly batchSize?: number;
  /** Batches under way: with 2, one is read and decided while the other commits, but batches are smaller. Default 1. */
  readonly concurrency?: number;
  /** When an issue that opens again gets the condition Flapping. Default: never. */
  readonly flapping?: FlappingRule | undefined;
  /** Default: none. */
  readonly limits?: EngineLimits;
  /** ms, for the rates of `limits`. Default: Date.now. */
  readonly now?: () => number;
  readonly metrics?: EngineMetrics;
  /** Default: nothing is traced. */
  readonly tracer?: Tracer | undefined;
  /** Random UUIDs of issues. */
  readonly newId?: () => string;
}

/** So that one noisy tenant does not starve the rest. They hold for each process. */
export interface EngineLimits extends RateLimits {
  /** Active issues of one source in one namespace; more are not opened. 0: no limit. */
  readonly activeIssues: number;
}

export interface SubmitOptions {
  readonly dryRun?: boolean;
  /** Of the request, where that is traced. */
  readonly trace?: SpanContext | undefined;
  readonly stored?: (index: number, issues: readonly StoredIssue[]) => void;
  /**
   * µs, by index: when a `received` report was received elsewhere, for what is copied from there. It then decides nothing
   * about keys of which something newer, or this very report, was received. Default: they are received now.
   */
  readonly receivedAt?: (index: number) => number;
}

/** Observations in: the only way into the store (design.md "There is one way in"). */
export interface Engine extends AsyncDisposable {
  /** Reports that wait for a batch now. */
  readonly waiting: number;
  /**
   * Decides one report or an array of independent reports, and answers each. Everything with status 200 is stored when
   * this resolves. Rejects with InvalidInput (400), TooManyReports (429), and with StoreUnavailable,
   * NamespacesUnavailable or the error of `access` (503) when nothing was stored; 503 for some reports only is in their
   * results. `dryRun`: validation, rights and namespaces only; accepted reports are answered without decisions. `stored`:
   * told of each stored report the issues that it decided about, as they are now.
   */
  submit(reports: unknown, caller: Caller, how?: SubmitOptions): Promise<ReportsResponse>;
  /** A manager begins to lead sources: a new epoch each. Rejects with InvalidInput or NotAllowed. */
  lead(request: unknown, caller: Caller): Promise<LeadResponse>;
  /** Row 7. Rejects with InvalidInput, NotAllowed, or Fenced when the epoch is not the current one. */
  sync(source: string, request: unknown, caller: Caller): Promise<SyncResponse>;
  /** The subjects with Active issues of a source, as the engine believes. Rejects with NotAllowed. */
  subjects(source: string, caller: Caller): Promise<SubjectsResponse>;
  /**
   * Row 10 and what else a person does to an issue; answers it as it is afterwards. The caller's right was checked
   * before. Rejects with ActionRefused, StoreUnavailable or NamespacesUnavailable.
   */
  act(action: IssueAction): Promise<StoredIssue>;
}

const DAY = 86_400_000;

export function createEngine(options: EngineOptions): Engine {
  const { store, access, metrics, limits, newId = randomUUID, now = Date.now } = options;
  const gate = limits && new RateGate(limits, now);
  const commits = new GroupCommit({
    store,
    newId,
    retention: (options.retention ?? 90 * DAY) * 1_000,
    flapping: options.flapping,
    tracer: options.tracer,
    ...(options.capacity === undefined ? {} : { capacity: options.capacity }),
    concurrency: options.concurrency ?? 1,
    ...(options.batchSize === undefined ? {} : { batchSize: options.batchSize }),
    ...(limits?.activeIssues ? { cap: new ActiveCap(limits.activeIssues, store, now) } : {}),
    ...(metrics ? { onRefused: (limit) => metrics.limited(limit) } : {}),
  });
  const clusterScopedNamespace = options.clusterScopedNamespace ?? 'faultline-system';
  const namespaces = withHome(options.namespaces, clusterScopedNamespace, store.clusterId);
  const leaders = new Leaders({ store, namespaces, access, commits, clusterScopedNamespace });
  return {
    get waiting() {
      return commits.waiting;
    },
    async submit(reports, caller, { dryRun = false, stored, receivedAt, trace } = {}) {
      const { admitted: all, refused } = await admit(reports, caller, { access, namespaces });
      const admitted = receivedAt ? all.map((each) => receivedElsewhere(each, receivedAt(each.index))) : all;
      const { passed, limited } =
        dryRun || !gate ? { passed: admitted, limited: [] } : throttle(gate, admitted, metrics);
      const decided = dryRun ? accepted(passed) : await enqueue(commits, passed, { metrics, stored, trace });
      const results = [...refused, ...limited, ...decided.results].sort((a, b) => a.index - b.index);
      refuseWhole(results);
      for (const result of results) metrics?.decided(result);
      if (decided.lastChange !== undefined) metrics?.stored?.(decided.lastChange);
      const resourceVersion = String(decided.lastChange ?? (await store.lastChange()));
      return { results, resourceVersion, database: store.identity };
    },
    lead: (request, caller) => leaders.lead(request, caller),
    sync: (source, request, caller) => leaders.sync(source, request, caller),
    subjects: (source, caller) => leaders.subjects(source, caller),
    act: (action) => act(store, namespaces, action),
    [Symbol.asyncDispose]: () => commits[Symbol.asyncDispose](),
  };
}

function receivedElsewhere(admitted: Admitted, stampedAt: number): Admitted {
  const { report } = admitted;
  if (report.order.class !== 'received') return admitted;
  return { ...admitted, report: { ...report, order: { class: 'received', stampedAt } } };
}

interface Throttled {
  readonly passed: readonly Admitted[];
  readonly limited: readonly ReportResult[];
}

function throttle(gate: RateGate, admitted: readonly Admitted[], metrics: EngineMetrics | undefined): Throttled {
  const limited: ReportResult[] = [];
  const passed = admitted.filter(({ index, report }) => {
    const refusal = gate.take(report.ref);
    if (!refusal) return true;
    metrics?.limited(refusal.limit);
    const { error, retryAfterSeconds } = refusal;
    limited.push({ index, status: 429, error, retryAfterSeconds });
    return false;
  });
  return { passed, limited };
}

/** Where nothing was taken for one reason, the answer as a whole says so: every client knows 429 with Retry-After. */
function refuseWhole(results: readonly ReportResult[]): void {
  const [first] = results;
  if (first === undefined || results.some(({ status, error }) => status !== 429 || error !== first.error)) return;
  throw new TooManyReports(first.error ?? 'too many reports', retryAfterSeconds(results));
}

interface Answered {
  readonly results: ReportResult[];
  readonly lastChange?: number | undefined;
}

function accepted(admitted: readonly Admitted[]): Answered {
  return { results: admitted.map(({ index }) => ({ index, status: 200 })) };
}

async function enqueue(
  commits: GroupCommit,
  admitted: readonly Admitted[],
  {
    metrics,
    stored,
    trace,
  }: {
    readonly metrics: EngineMetrics | undefined;
    readonly stored: SubmitOptions['stored'];
    readonly trace: SpanContext | undefined;
  },
): Promise<Answered> {
  const outcomes = await commits.decide(admitted, { trace });
  for (const outcome of outcomes) if (outcome.status === 429 && !isCrowded(outcome)) metrics?.limited('queue');
  const unavailable = outcomes.find(({ status }) => status === 503);
  // Nothing was stored: the whole request is answered 503 and sent again.
  if (unavailable && outcomes.every(({ status }) => status === 503)) throw new StoreUnavailable(unavailable.error);
  const results = outcomes.map((decided, place): ReportResult => {
    const { lastChange: _, looks: __, decisions, details, ...outcome } = decided;
    const { index, path } = admitted[place] as Admitted;
    if (decided.status === 200) stored?.(index, issuesOf(decided));
    return {
      index,
      ...outcome,
      ...(decisions ? { decisions: [...decisions] } : {}),
      ...(details ? { details: details.map((fault) => ({ ...fault, path: joinPath(path, fault.path) })) } : {}),
    };
  });
  const changes = outcomes.flatMap(({ lastChange }) => lastChange ?? []);
  return { results, lastChange: changes.length > 0 ? Math.max(...changes) : undefined };
}
