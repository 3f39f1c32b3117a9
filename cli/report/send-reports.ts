import { API_VERSION } from '../../crds/names.ts';
import { isCrowded, type ReportResult, type ReportsResponse } from '../../crds/report.ts';
import type { Asker } from '../reading/ask.ts';
import { Refusal } from '../reading/fault.ts';
import { isDirect } from '../version/server-version.ts';

/** A report whose namespace is known. */
export interface Outgoing {
  /** For messages. */
  readonly where: string;
  readonly namespace: string;
  readonly spec: Readonly<Record<string, unknown>>;
}

export type Decisions = NonNullable<ReportResult['decisions']>;

export type Outcome =
  | { readonly kind: 'taken'; readonly decisions: Decisions; readonly resourceVersion: string | undefined }
  | { readonly kind: 'refused'; readonly message: string }
  /** Not now: the server wants it again in so many ms. */
  | { readonly kind: 'busy'; readonly message: string; readonly afterMs: number }
  /** It was not its turn yet when something went wrong. */
  | { readonly kind: 'unsent' };

export interface Sent {
  /** One for each report, in their order. */
  readonly outcomes: readonly Outcome[];
  /** Why nothing can be sent any more. */
  readonly fault: unknown;
}

/** Sends reports, at most MAX_REPORTS of them. `more`: called with how many outcomes are known. Never rejects. */
export type Sender = (reports: readonly Outgoing[], more: (known: number) => void) => Promise<Sent>;

/**
 * How to send so many reports to this server. Who is asked directly takes them together; kube-apiserver passes on only
 * IssueReports, which have one report each: then several are under way at once. Rejects with a Failure of one line.
 */
export async function senderFor(asker: Asker, count: number, dryRun: boolean): Promise<Sender> {
  if (count > 1 && !dryRun && (await isDirect(asker))) return (reports) => sendTogether(asker, reports);
  return (reports, more) => sendEach(asker, reports, dryRun, more);
}

/**
 * One report of a subject at a time: of two in one request the later may be taken while the server is too busy for the
 * earlier, which would then be sent again behind it. What follows the first repetition is for the next request.
 */
async function sendTogether(asker: Asker, all: readonly Outgoing[]): Promise<Sent> {
  const reports = all.slice(0, firstRepetition(all));
  const { outcomes, fault } = await sendAtOnce(asker, reports);
  return { outcomes: [...outcomes, ...all.slice(reports.length).map(() => UNSENT)], fault };
}

function firstRepetition(reports: readonly Outgoing[]): number {
  const seen = new Set<string>();
  const at = reports.findIndex((report) => seen.size === seen.add(subjectOf(report)).size);
  return at < 0 ? reports.length : at;
}

/** Without the aspect: the deletion of a subject is one of all its aspects. */
function subjectOf({ namespace, spec }: Outgoing): string {
  const { source, subject } = spec as { source?: unknown; subject?: { kind?: unknown; name?: unknown } };
  return JSON.stringify([namespace, source, subject?.kind, subject?.name]);
}

async function sendAtOnce(asker: Asker, reports: readonly Outgoing[]): Promise<Sent> {
  try {
    const body = reports.map(({ namespace, spec }) => ({ ...spec, namespace }));
    const { results, resourceVersion } = (await asker.json<ReportsResponse>('/api/v1/reports', { body })).body;
    const byIndex = new Map(results.map((result) => [result.index, result]));
    return { outcomes: reports.map((_, index) => outcomeOf(byIndex.get(index), resourceVersion)), fault: undefined };
  } catch (error) {
    const known = busyOf(error) ?? crowdedOf(error);
    return { outcomes: reports.map(() => known ?? UNSENT), fault: known === undefined ? error : undefined };
  }
}

const UNSENT = { kind: 'unsent' } as const;

function outcomeOf(result: ReportResult | undefined, resourceVersion: string): Outcome {
  const { status = 503, decisions = [], error = 'the server does not say what became of it' } = result ?? {};
  if (status === 200) return { kind: 'taken', decisions, resourceVersion };
  // That too many issues are Active may last: only who resolves some changes it.
  const isBusy = (status === 429 || status === 503) && !isCrowded({ status, error });
  if (isBusy) return { kind: 'busy', message: error, afterMs: (result?.retryAfterSeconds ?? 1) * 1_000 };
  const { details = [] } = result ?? {};
  const faults = details.map(
    ({ path, message, value }) =>
      `${path.replace(/^\[\d+\]\.?/, '')}: ${value === undefined ? '' : `${JSON.stringify(value)}: `}${message}`,
  );
  return { kind: 'refused', message: faults.length > 0 ? faults.join('; ') : error };
}

/** The server says when it wants to be asked again. */
function busyOf(error: unknown): (Outcome & { kind: 'busy' }) | undefined {
  if (!(error instanceof Refusal) || error.retryAfterMs === undefined) return undefined;
  if ((error.status !== 429 && error.status !== 503) || isCrowded({ status: error.status, error: error.message })) {
    return undefined;
  }
  return { kind: 'busy', message: error.message, afterMs: error.retryAfterMs };
}

/** Of each of the reports: where all are, the server says it of the request. */
function crowdedOf(error: unknown): Outcome | undefined {
  if (!(error instanceof Refusal) || !isCrowded({ status: error.status, error: error.message })) return undefined;
  return { kind: 'refused', message: error.message };
}

/** Under way at once: kube-apiserver has other things to do, too. */
const LANES = 16;

/** Reports about one subject follow each other as they were written; what is busy stops all of them. */
async function sendEach(
  asker: Asker,
  reports: readonly Outgoing[],
  dryRun: boolean,
  more: (known: number) => void,
): Promise<Sent> {
  const outcomes: Outcome[] = reports.map(() => UNSENT);
  let fault: unknown;
  let known = 0;
  let isStopped = false;
  await Promise.all(
    lanesOf(reports).map(async (lane) => {
      for (const index of lane) {
        if (isStopped) return;
        try {
          const outcome = await sendOne(asker, reports[index] as Outgoing, dryRun);
          outcomes[index] = outcome;
          isStopped ||= outcome.kind === 'busy';
          more(++known);
        } catch (error) {
          fault ??= error;
          isStopped = true;
        }
      }
    }),
  );
  return { outcomes, fault };
}

function lanesOf(reports: readonly Outgoing[]): number[][] {
  const lanes: number[][] = [];
  const laneOf = new Map<string, number>();
  for (const [index, report] of reports.entries()) {
    const key = subjectOf(report);
    const lane = laneOf.get(key) ?? laneOf.size % LANES;
    laneOf.set(key, lane);
    lanes[lane] ??= [];
    lanes[lane].push(index);
  }
  return lanes;
}

interface Answered {
  readonly status?: { readonly decisions?: Decisions; readonly resourceVersion?: string };
}

/** Rejects with what is not about this report: nobody is there, or nobody is known to ask. */
async function sendOne(asker: Asker, { namespace, spec }: Outgoing, dryRun: boolean): Promise<Outcome> {
  const path = `/apis/${API_VERSION}/namespaces/${namespace}/issuereports${dryRun ? '?dryRun=All' : ''}`;
  try {
    const body = issueReport(namespace, spec);
    const { status } = (await asker.json<Answered>(path, { body })).body;
    return { kind: 'taken', decisions: status?.decisions ?? [], resourceVersion: status?.resourceVersion };
  } catch (error) {
    const busy = busyOf(error);
    if (busy !== undefined) return busy;
    if (!(error instanceof Refusal) || !isAboutReport(error)) throw error;
    return { kind: 'refused', message: error.message };
  }
}

function isAboutReport({ status, object }: Refusal): boolean {
  return status === 404 ? object !== undefined : status !== 401 && status < 500;
}

export function issueReport(namespace: string, spec: Outgoing['spec']): object {
  return { apiVersion: API_VERSION, kind: 'IssueReport', metadata: { namespace }, spec };
}
