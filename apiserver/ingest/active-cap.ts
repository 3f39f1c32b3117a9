import { CROWDED } from '../../crds/report.ts';
import type { Store, SubjectState } from '../store/store.ts';
import type { NormalizedBody, NormalizedReport } from './normalized.ts';

/**
 * How many issues of one source may be Active in one namespace. A report that would open more is refused; one that confirms,
 * changes or resolves is not, and neither is one that resolves as many as it opens.
 *
 * Counting all the time would cost every report a statement. So once a minute the database names those that are beyond half
 * of it, and from there on each opening is counted here; who could reach the limit by that is counted exactly, at most once
 * a second. Other replicas' openings are seen at the next of these looks: with n of them the limit may be passed by at most
 * the (n-1)-th part of half of it.
 */
const LOOK_EVERY_MS = 60_000;
const COUNT_EVERY_MS = 1_000;

interface Known {
  count: number;
  /** ms; when it was counted exactly. */
  countedAt: number;
}

export class ActiveCap {
  readonly max: number;
  readonly #store: Pick<Store, 'crowded'>;
  readonly #now: () => number;
  /** Only of those that are beyond half, or opened something since the last look. */
  #known = new Map<string, Known>();
  #lookedAt = Number.NEGATIVE_INFINITY;

  /** `now` in ms. */
  constructor(max: number, store: Pick<Store, 'crowded'>, now: () => number) {
    this.max = max;
    this.#store = store;
    this.#now = now;
  }

  /** Brings the numbers up to date before a batch is decided. Rejects as the store does. */
  async prepare(reports: readonly NormalizedReport[]): Promise<void> {
    const now = this.#now();
    if (now - this.#lookedAt >= LOOK_EVERY_MS || now < this.#lookedAt) {
      const crowded = await this.#store.crowded(this.#half);
      this.#known = new Map(crowded.map((one) => [keyOf(one), { count: one.count, countedAt: now }]));
      this.#lookedAt = now;
    }
    for (const [key, { ref, findings }] of wishesOf(reports)) {
      const known = this.#known.get(key);
      const fits = (known?.count ?? this.#half) + findings <= this.max;
      if (fits || (known && now - known.countedAt < COUNT_EVERY_MS)) continue;
      const [exact] = await this.#store.crowded(0, ref);
      this.#known.set(key, { count: exact?.count ?? 0, countedAt: now });
    }
  }

  /** Why this report may not be taken, as things are in this batch; undefined when it may. */
  refusal({ ref, body }: NormalizedReport, state: SubjectState): string | undefined {
    const more = opensMore(body, state);
    if (more <= 0) return undefined;
    const { count } = this.#known.get(keyOf(ref)) ?? { count: this.#half };
    if (count + more <= this.max) return undefined;
    return (
      `${CROWDED} source ${ref.source} has ${count} Active ones in namespace ${ref.namespace}, at most ${this.max} ` +
      'are kept (limits.activeIssues); what resolves or updates them is taken, this may be sent again in 60 s'
    );
  }

  /** After a report was decided. */
  changed({ ref }: NormalizedReport, before: SubjectState, after: SubjectState): void {
    if (before.issues === after.issues) return;
    const difference = activeOf(after) - activeOf(before);
    if (difference === 0) return;
    const key = keyOf(ref);
    const known = this.#known.get(key);
    if (known) known.count += difference;
    else if (difference > 0)
      this.#known.set(key, { count: this.#half + difference, countedAt: Number.NEGATIVE_INFINITY });
  }

  get #half(): number {
    return Math.floor(this.max / 2);
  }
}

/** The most that the reports of each namespace and source could open. */
function wishesOf(reports: readonly NormalizedReport[]): Map<string, Wish> {
  const wishes = new Map<string, Wish>();
  for (const { ref, body } of reports) {
    if (!('findings' in body) || body.findings.length === 0) continue;
    const key = keyOf(ref);
    const wish = wishes.get(key);
    if (wish) wish.findings += body.findings.length;
    else wishes.set(key, { ref, findings: body.findings.length });
  }
  return wishes;
}

interface Wish {
  readonly ref: NormalizedReport['ref'];
  findings: number;
}

function keyOf({ namespace, source }: { readonly namespace: string; readonly source: string }): string {
  return `${namespace}/${source}`;
}

function activeOf({ issues }: SubjectState): number {
  let active = 0;
  for (const issue of issues.values()) if (issue.state === 'Active') active++;
  return active;
}

/** By how many the Active issues of the subject grow if the report is news. */
function opensMore(body: NormalizedBody, { issues }: SubjectState): number {
  if (body.kind !== 'complete' && body.kind !== 'incremental') return 0;
  const found = new Set(body.findings.map(({ key }) => key));
  let more = 0;
  for (const key of found) if (issues.get(key)?.state !== 'Active') more++;
  const resolved = body.kind === 'incremental' ? body.resolve : [...issues.keys()].filter((key) => !found.has(key));
  for (const key of resolved) if (issues.get(key)?.state === 'Active') more--;
  return more;
}
