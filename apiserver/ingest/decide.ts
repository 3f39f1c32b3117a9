import { compareOrder, type OrderKey } from '../../crds/order.ts';
import type { Cell, Decision } from '../../crds/report.ts';
import type { IssueWrite, StoredIssue, SubjectState } from '../store/store.ts';
import type { NormalizedBody, NormalizedFinding, NormalizedReport } from './normalized.ts';
import { compareMarks, completeMark, newest, RULES, type Rules } from './rules.ts';
import { type Context, columnOf, type Seen, settle } from './table.ts';

/**
 * The decision table of design.md ("The one idea"): what one report does to what is stored about its subject. Pure.
 * Rows are what was observed, columns what is stored (A none, B Active, C Resolved); every branch names its cell. This
 * file finds the row (rows 1, 2, 6 and who is old), `table.ts` does what the cell says.
 *
 * The invariant behind "what order cannot change": the state of a key is decided by the newest look that says anything
 * about it, and that look's order key is the newest of three marks: the key's own (incremental looks), the subject's
 * (complete looks, key '') and the one of every aspect (deletion of the whole subject).
 */
export interface Verdict {
  /** The same object when nothing changes. */
  readonly state: SubjectState;
  readonly decisions: readonly Decision[];
  /** In the order of the decisions; at most one for each key. */
  readonly writes: readonly IssueWrite[];
}

/** What `report` does to its subject. The report's order key must be stamped. `rules` is for tests. */
export function decide(state: SubjectState, report: NormalizedReport, context: Context, rules: Rules = RULES): Verdict {
  const look = new Look(state, report, context, rules);
  perform(look, report.body);
  return look.verdict();
}

function perform(look: Look, body: NormalizedBody): void {
  switch (body.kind) {
    case 'complete':
      look.complete(4, body.findings);
      break;
    case 'incremental':
      look.incremental(body.findings, body.resolve);
      break;
    case 'deleted':
      if (body.what === 'everyAspect') look.everyAspect();
      else look.complete(5, []);
      break;
    case 'unlisted':
      look.unlisted(body.keys);
      break;
    default:
      body satisfies never;
  }
}

class Look {
  readonly #state: SubjectState;
  readonly #report: NormalizedReport;
  readonly #context: Context;
  readonly #rules: Rules;
  readonly #watermarks: Map<string, OrderKey>;
  readonly #issues: Map<string, StoredIssue>;
  readonly #decisions: Decision[] = [];
  readonly #writes: IssueWrite[] = [];
  #everyAspect: OrderKey | undefined;
  #changed = false;

  constructor(state: SubjectState, report: NormalizedReport, context: Context, rules: Rules) {
    this.#state = state;
    this.#report = report;
    this.#context = context;
    this.#rules = rules;
    this.#watermarks = new Map(state.watermarks);
    this.#issues = new Map(state.issues);
    this.#everyAspect = state.everyAspect;
  }

  /** A look at everything: its findings are row 3, every other key is `absent`: row 4 (healthy) or 5 (deleted). */
  complete(absent: 4 | 5, findings: readonly NormalizedFinding[]): void {
    const { order } = this.#report;
    const found = new Map(findings.map((finding) => [finding.key, finding]));
    const keys = new Set([...found.keys(), ...this.#issues.keys()]);
    const age = this.#age(completeMark(this.#state));
    if (age <= 0) {
      this.#ignore(age, keys);
      return;
    }
    for (const key of keys) {
      // Row 6: a complete look leaves alone every key whose own watermark is newer.
      const own = compareMarks(order, this.#rules.ownMark(this.#state, key));
      const finding = found.get(key);
      if (own < 0) this.#ignore(own, [key]);
      else this.#apply(key, finding ? { row: 3, finding } : { row: absent });
    }
    if (keys.size === 0) this.#decided('', `${absent}A`);
    this.#mark('', order);
    this.#forgetOlderMarks(order);
  }

  /** Row 6: each named key on its own, compared with the newest of its marks. */
  incremental(findings: readonly NormalizedFinding[], resolve: readonly string[]): void {
    for (const finding of findings) this.#single(finding.key, { row: 3, finding });
    for (const key of resolve) this.#single(key, { row: 4 });
  }

  /**
   * Row 5 for the whole subject. Its order key is remembered for aspects that nobody has reported yet; here it meets one
   * aspect (or the subject without one), and also when it is a repetition: then an earlier attempt may have been cut
   * short between two aspects, so every issue is compared with its own marks, not with the deletion itself.
   */
  everyAspect(): void {
    const { order } = this.#report;
    const known = this.#state.everyAspect;
    if (this.#tooOld(known)) {
      this.#ignore(-1, this.#issues.keys());
      return;
    }
    const repeated = compareMarks(order, known) <= 0;
    if (!repeated) {
      this.#everyAspect = order;
      this.#changed = true;
    }
    for (const key of this.#issues.keys()) {
      const own = newest(this.#state.watermarks.get(''), this.#rules.ownMark(this.#state, key));
      const age = compareMarks(order, own);
      if (age < 0) this.#ignore(age, [key]);
      else this.#apply(key, { row: 5 });
    }
    if (this.#issues.size === 0) this.#decided('', repeated ? '1A' : '5A');
  }

  /** Row 7, each key on its own: a look of the new epoch that arrived since the list knows better. */
  unlisted(keys: readonly string[]): void {
    for (const key of keys) {
      const known = newest(completeMark(this.#state), this.#rules.ownMark(this.#state, key));
      const age = compareMarks(this.#report.order, known);
      if (age <= 0 || epochOf(known) >= epochOf(this.#report.order)) this.#ignore(-1, [key]);
      else {
        this.#apply(key, { row: 5 }, 7);
        this.#mark(key, this.#report.order);
      }
    }
  }

  verdict(): Verdict {
    const state = this.#changed
      ? { ...this.#state, watermarks: this.#watermarks, issues: this.#issues, everyAspect: this.#everyAspect }
      : this.#state;
    return { state, decisions: this.#decisions, writes: this.#writes };
  }

  #single(key: string, seen: Seen): void {
    const age = this.#age(newest(completeMark(this.#state), this.#rules.ownMark(this.#state, key)));
    if (age <= 0) {
      this.#ignore(age, [key]);
      return;
    }
    this.#apply(key, seen, 6);
    this.#mark(key, this.#report.order);
  }

  /** Row 1 (age < 0) and row 2: nothing is written. Row 2 has nothing to say where nothing is stored. */
  #ignore(age: number, keys: Iterable<string>): void {
    let named = false;
    for (const key of keys) {
      named = true;
      const column = columnOf(this.#issues.get(key));
      if (age < 0) this.#decided(key, `1${column}`);
      else if (column !== 'A') this.#decided(key, `2${column}`);
    }
    if (!named && age < 0) this.#decided('', '1A');
  }

  /** `cited`: rows 3 and 4 of an incremental look are cited as its own row, 6; what a sync resolves as 7. */
  #apply(key: string, seen: Seen, cited?: 6 | 7): void {
    const issue = this.#issues.get(key);
    const { cell, write } = settle(issue, seen, this.#report, this.#context);
    if (write) {
      this.#issues.set(key, write.issue);
      this.#writes.push(write);
      this.#changed = true;
    }
    if (cited === 6 && /^[34]/.test(cell)) this.#decided(key, `6${columnOf(issue)}`);
    else this.#decided(key, cited === 7 && cell === '5B' ? '7B' : cell);
  }

  /** Negative, 0 or positive when the report is older than, the same as or newer than the newest look known. */
  #age(known: OrderKey | undefined): number {
    return this.#tooOld(known) ? -1 : compareMarks(this.#report.order, known);
  }

  /** design.md "Age" and decision 11: concerns runs only; a state is never too old. */
  #tooOld(known: OrderKey | undefined): boolean {
    const { order } = this.#report;
    if (order.class !== 'run' || order.completedAt === undefined) return false;
    const { now, retention, namespaceCreatedAt } = this.#context;
    if (namespaceCreatedAt !== undefined && order.completedAt < namespaceCreatedAt) return true;
    // Only the completion of another run tells whether this one is news; any other mark compares alike with every run.
    const comparable = known?.class === 'run' && known.completedAt !== undefined;
    return !comparable && order.completedAt < now - retention;
  }

  #mark(key: string, order: OrderKey): void {
    if (!this.#rules.keepsWatermark(this.#issues)) return;
    this.#watermarks.set(key, order);
    this.#changed = true;
  }

  /** Marks of keys that a complete look is not older than decide nothing any more. */
  #forgetOlderMarks(order: OrderKey): void {
    for (const [key, mark] of this.#watermarks) {
      if (key !== '' && compareOrder(mark, order) <= 0) this.#watermarks.delete(key);
    }
  }

  #decided(key: string, cell: Cell): void {
    const issue = this.#issues.get(key);
    this.#decisions.push(
      issue ? { key, cell, issue: { namespace: issue.namespace, name: issue.name } } : { key, cell },
    );
  }
}

function epochOf(order: OrderKey | undefined): number {
  return order && order.class !== 'received' ? order.epoch : Number.NEGATIVE_INFINITY;
}
