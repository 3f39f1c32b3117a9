import type { CollectedSpan } from '../../tracing/testing/collector.ts';
import type { Arrival } from './bare-watch.ts';

/** One change on its way, ms since 1970. */
export interface Sent {
  readonly name: string;
  readonly sentAt: number;
  /** kube-apiserver's answer to the write. */
  readonly answeredAt: number;
  /** The issue was on a watch of the server. */
  readonly watchedAt: number;
}

/** What lies between two moments of a change, in their order. */
export const STAGES = [
  'write until a bare client had the event',
  'until our cache had it (less than 0: before the bare client)',
  'queue and observe()',
  'wait for the request before',
  'to the server',
  'rights, and wait for the commit before',
  'commit',
  'answer',
] as const;

export interface Way {
  /** Where the bare client saw the change; it may have missed some while its watch was opened again. */
  readonly beside?: {
    /** ms of each of `STAGES`. */
    readonly stages: readonly number[];
    /** From the event's arrival at the bare client until its report was answered. */
    readonly ours: number;
  };
  /** From sending the write until its report was answered: the issue is stored. */
  readonly stored: number;
  /** The same from the write's answer; 0 when the issue was there before it. */
  readonly storedAfterWrite: number;
  /** From sending the write until the issue was on a watch. */
  readonly watched: number;
  readonly write: number;
}

/** The way of each change, as far as its trace is whole (docs/observe.md): look → report → POST → commit. */
export function waysOf(sent: readonly Sent[], spans: readonly CollectedSpan[], arrivals: readonly Arrival[]): Way[] {
  const events = Map.groupBy(arrivals, ([name]) => name);
  const next = followers(sent);
  const looks = Map.groupBy(spans.filter(isNamed('look PipelineRun')), nameOf);
  const reports = carriers(spans.filter(isNamed('report')));
  const posts = new Map(spans.filter(isNamed('POST /api/v1/reports')).map((span) => [span.parentSpanId, span]));
  const commits = carriers(spans.filter(isNamed('commit')));
  return sent.flatMap((change): Way[] => {
    const look = looks
      .get(change.name)
      ?.findLast((span) => startOf(span) >= change.sentAt - 1 && startOf(span) <= change.watchedAt);
    const report = look && reports.get(look.spanId);
    const post = report && posts.get(report.spanId);
    const commit = post && commits.get(post.spanId);
    if (!look || !report || !post || !commit) return [];
    const until = next.get(change) ?? Number.POSITIVE_INFINITY;
    const arrivedAt = events.get(change.name)?.find(([, at]) => at >= change.sentAt - 1 && at < until)?.[1];
    const moments = [
      startOf(look),
      endOf(look),
      startOf(report),
      startOf(post),
      startOf(commit),
      endOf(commit),
      endOf(report),
    ];
    return [
      {
        ...(arrivedAt !== undefined && {
          beside: {
            stages: between([change.sentAt, arrivedAt, ...moments]),
            ours: endOf(report) - arrivedAt,
          },
        }),
        stored: endOf(report) - change.sentAt,
        storedAfterWrite: Math.max(0, endOf(report) - change.answeredAt),
        watched: change.watchedAt - change.sentAt,
        write: change.answeredAt - change.sentAt,
      },
    ];
  });
}

/** When the next change of the same object was sent, where there is one. */
function followers(sent: readonly Sent[]): Map<Sent, number> {
  const inOrder = sent.toSorted((a, b) => a.sentAt - b.sentAt);
  const of = Map.groupBy(inOrder, ({ name }) => name).values();
  return new Map(of.flatMap((each) => each.slice(1).map((later, index) => [each[index] as Sent, later.sentAt])));
}

/** What lies between each moment and the one after it. */
function between(moments: readonly number[]): number[] {
  return moments.slice(1).map((moment, index) => moment - (moments[index] as number));
}

/** Which span carries what: a batch is the child of the first and links to the others. */
function carriers(batches: readonly CollectedSpan[]): Map<string, CollectedSpan> {
  return new Map(
    batches.flatMap((span) =>
      [span.parentSpanId ?? '', ...span.links.map(({ spanId }) => spanId)].map((id) => [id, span] as const),
    ),
  );
}

function isNamed(name: string): (span: CollectedSpan) => boolean {
  return (span) => span.name === name;
}

function nameOf({ attributes }: CollectedSpan): string {
  return String(attributes.find(({ key }) => key === 'k8s.object.name')?.value.stringValue);
}

function startOf({ startTimeUnixNano }: CollectedSpan): number {
  return Number(startTimeUnixNano) / 1e6;
}

function endOf({ endTimeUnixNano }: CollectedSpan): number {
  return Number(endTimeUnixNano) / 1e6;
}
