import type { OrderKey } from '../../crds/order.ts';
import type { Decision } from '../../crds/report.ts';
import type {
  Episode,
  EvidenceWrite,
  IssueWrite,
  StoredDelivery,
  StoredIssue,
  SubjectState,
  SubjectWrite,
} from '../store/store.ts';
import { severityLine } from '../store/transitions.ts';
import { decide } from './decide.ts';
import { coversEveryAspect, type NormalizedReport } from './normalized.ts';
import type { Context } from './table.ts';

/**
 * One subject within one batch: its reports are decided one after the other on the state that was read, and what they
 * do together becomes one conditional write. An issue is written once a batch, with the end of what happened to it.
 */
export class Fold {
  readonly #before: SubjectState;
  #state: SubjectState;
  readonly #writes = new Map<string, IssueWrite>();
  readonly #deliveries: StoredDelivery[] = [];
  /** By the id of the issue. */
  readonly #evidence = new Map<string, EvidenceWrite>();
  #everyAspect = false;

  constructor(before: SubjectState) {
    this.#before = before;
    this.#state = before;
  }

  get state(): SubjectState {
    return this.#state;
  }

  /**
   * Decides one report. Undefined, and nothing happened, when it would end a second episode of one issue in this batch:
   * the store keeps one closed episode a write, so this report waits for the next batch.
   */
  apply(report: NormalizedReport, context: Context): readonly Decision[] | undefined {
    const verdict = decide(this.#state, report, context);
    if (verdict.writes.some(({ issue, closed }) => closed && this.#writes.get(issue.spec.key)?.closed))
      return undefined;
    for (const write of verdict.writes) {
      const { key } = write.issue.spec;
      this.#writes.set(key, joined(this.#writes.get(key), write));
    }
    this.#state = verdict.state;
    this.#keepEvidence(report, verdict.decisions);
    if (coversEveryAspect(report)) this.#everyAspect = true;
    return verdict.decisions;
  }

  remember(delivery: StoredDelivery): void {
    this.#deliveries.push(delivery);
  }

  /** Undefined when there is nothing to write. */
  write(): SubjectWrite | undefined {
    if (this.#state === this.#before && this.#deliveries.length === 0) return undefined;
    const { everyAspect } = this.#state;
    return {
      ref: this.#before.ref,
      expectedVersion: this.#before.version,
      expectedEveryAspectVersion: this.#before.everyAspectVersion,
      watermarks: changedMarks(this.#before.watermarks, this.#state.watermarks),
      // All writes of one deletion carry it, so that they are committed together or not at all.
      ...(this.#everyAspect && everyAspect ? { everyAspect } : {}),
      issues: Array.from(this.#writes, ([key, write]) => ({
        ...write,
        ...present(write, this.#before.issues.get(key)),
      })),
      ...(this.#deliveries.length > 0 ? { deliveries: this.#deliveries } : {}),
      ...(this.#evidence.size > 0 ? { evidence: [...this.#evidence.values()] } : {}),
    };
  }

  /** Of what shows an issue now. A look that decided nothing about a key (rows 1, 2 and 10') shows nothing either. */
  #keepEvidence({ body, observed }: NormalizedReport, decisions: readonly Decision[]): void {
    if (!('findings' in body)) return;
    for (const { key, evidence } of body.findings) {
      if (evidence === undefined) continue;
      const accepted = decisions.some((decision) => decision.key === key && /^[36]/.test(decision.cell));
      const issue = this.#state.issues.get(key);
      if (!accepted || issue?.state !== 'Active') continue;
      this.#evidence.set(issue.id, { issueId: issue.id, ...evidence, ...(observed ? { observed } : {}) });
    }
  }
}

function present(write: IssueWrite, before: StoredIssue | undefined): Pick<IssueWrite, 'before' | 'timeline'> {
  if (!before) return {};
  const timeline = severityLine(before, write.issue);
  return timeline ? { before, timeline } : { before };
}

/** Two writes of one issue as one. What nobody has seen yet is still an insert, what was hidden is still revealed. */
function joined(first: IssueWrite | undefined, second: IssueWrite): IssueWrite {
  if (!first) return second;
  const op = first.op === 'insert' || first.op === 'reveal' ? first.op : second.op;
  const closed: Episode | undefined = second.closed ?? first.closed;
  const past = [...(first.past ?? []), ...(second.past ?? [])];
  return { ...second, op, ...(closed ? { closed } : {}), ...(past.length > 0 ? { past } : {}) };
}

/** Key '' is always there, changed or not: its version is the subject's. */
function changedMarks(
  before: ReadonlyMap<string, OrderKey>,
  after: ReadonlyMap<string, OrderKey>,
): Map<string, OrderKey | undefined> {
  const changed = new Map<string, OrderKey | undefined>([['', after.get('')]]);
  for (const [key, mark] of after) if (before.get(key) !== mark) changed.set(key, mark);
  for (const key of before.keys()) if (!after.has(key)) changed.set(key, undefined);
  return changed;
}
