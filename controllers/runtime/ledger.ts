import type { DecisionNote, FindingNote, NoVerdictNote, ReportState } from '../../crds/explanation.ts';
import { REPORT_STATES } from '../../crds/explanation.ts';
import type { Decision, Report } from '../../crds/report.ts';
import { isFailing } from './backlog.ts';
import type { Clock } from './clock.ts';

/** What the last look at an object came to: nothing may fail silently, so every object is in exactly one state. */
export const OUTCOMES = [
  ...['healthy', 'failing', 'undecided', 'undecidedTerminal', 'settledUndecided', 'failed'],
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** What is known of one object. */
export interface LedgerEntry {
  readonly outcome: Outcome;
  /** ms. */
  readonly lookedAt: number;
  /** Why it is undecided, or how the look failed; else ''. */
  readonly why: string;
  readonly state: ReportState;
  /** Why it was not sent or not taken; the cell of the decision where that says it all; else ''. */
  readonly said: string;
  readonly subject: string;
  readonly findings: readonly FindingNote[];
  readonly decisions: readonly DecisionNote[];
  /** Of several subjects those without a verdict (docs/adr/0028). */
  readonly noVerdict: readonly NoVerdictNote[];
  /** Of what is gone: ms. */
  readonly goneAt?: number;
}

/** What only some objects have: those that fail or have parts without a verdict, and those whose texts are too many to be shared. */
interface Detail {
  why?: string;
  said?: string;
  subject?: string;
  findings?: readonly FindingNote[];
  /** How many there are; more than are noted. */
  found?: number;
  decisions?: readonly DecisionNote[];
  noVerdict?: readonly NoVerdictNote[];
}

const MAX_TEXT = 500;
const MAX_TITLE = 200;
const MAX_FINDINGS = 20;
const MAX_DECISIONS = 100;
const MAX_NO_VERDICT = 20;
const MAX_REASON = 200;
/** Of objects that are gone the last ones are remembered: somebody asks why a pruned run made no issue. */
const MAX_GONE = 1_000;

/**
 * For every object what was decided about it, why, and what became of the report, of its last look only. An ordinary
 * object costs 10 bytes in columns besides its entry in one Map, whose key it shares with the cache (docs/explain.md has
 * the measured figure); texts are shared, and what fails has a detail of bounded size.
 */
export class Ledger {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #since: number;
  readonly #slots = new Map<string, number>();
  readonly #free: number[] = [];
  readonly #details = new Map<number, Detail>();
  readonly #texts = new SharedTexts();
  readonly #gone = new Map<string, LedgerEntry>();
  #findings = 0;
  readonly #counts = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
  /** Seconds since the ledger began. */
  #at = new Uint32Array(64);
  #outcome = new Uint8Array(64);
  #state = new Uint8Array(64);
  #why = new Uint16Array(64);
  #said = new Uint16Array(64);

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
    this.#since = clock.now();
  }

  get counts(): Readonly<Record<Outcome, number>> {
    return this.#counts;
  }

  /** How many findings the objects have together, by their last looks. */
  get findings(): number {
    return this.#findings;
  }

  outcomeOf(key: string): Outcome | undefined {
    const slot = this.#slots.get(key);
    return slot === undefined ? undefined : (OUTCOMES[this.#outcome[slot] as number] as Outcome);
  }

  /** A look was decided; nothing of it was sent yet. `noVerdict`: of its subjects those that it says nothing about. */
  decided(key: string, reports: Iterable<Report>, noVerdict: readonly NoVerdict[] = []): void {
    const failing = [...reports].filter(isFailing);
    const slot = this.#looked(key, failing.length > 0 ? 'failing' : 'healthy', '');
    if (noVerdict.length > 0) this.#details.set(slot, { noVerdict: noVerdict.slice(0, MAX_NO_VERDICT).map(noteOf) });
    if (failing.length === 0) return;
    const found = failing.reduce((sum, { body }) => sum + ('findings' in body ? body.findings.length : 0), 0);
    this.#findings += found;
    this.#details.set(slot, {
      ...this.#details.get(slot),
      found,
      subject: failing
        .map(({ subject }) => subjectText(subject))
        .join(', ')
        .slice(0, MAX_TEXT),
      findings: failing.flatMap(findingsOf).slice(0, MAX_FINDINGS),
    });
  }

  /** A look came to no verdict, or to none that can be used. */
  undecided(key: string, outcome: Exclude<Outcome, 'healthy' | 'failing'>, why: string): void {
    this.#looked(key, outcome, why);
  }

  /** What becomes of the report of the last look. `said`: a reason, an error or a cell. */
  report(key: string, state: ReportState, said = ''): void {
    const slot = this.#slots.get(key);
    if (slot === undefined) {
      // The answer to the report of a deletion.
      const gone = this.#gone.get(key);
      if (gone !== undefined) this.#gone.set(key, { ...gone, state, said });
      return;
    }
    this.#state[slot] = REPORT_STATES.indexOf(state);
    this.#said[slot] = this.#share(slot, 'said', said);
  }

  /** The engine took the report: what it decided. */
  accepted(key: string, decisions: readonly Decision[]): void {
    const [first] = decisions;
    // The cell says it all of a healthy object without an issue, and that is most of them.
    const isPlain =
      decisions.length === 0 || (decisions.length === 1 && first?.key === '' && first.issue === undefined);
    this.report(key, 'Accepted', isPlain ? (first?.cell ?? '') : '');
    const notes = decisions.slice(0, MAX_DECISIONS);
    const slot = this.#slots.get(key);
    const gone = slot === undefined ? this.#gone.get(key) : undefined;
    if (gone !== undefined) this.#gone.set(key, { ...gone, decisions: notes });
    if (slot === undefined) return;
    if (!isPlain) this.#details.set(slot, { ...this.#details.get(slot), decisions: notes });
  }

  /** The object is gone. */
  gone(key: string): void {
    const slot = this.#slots.get(key);
    const entry = this.entry(key);
    if (slot === undefined || entry === undefined) return;
    this.#counts[entry.outcome]--;
    this.#slots.delete(key);
    this.#forgetDetail(slot);
    this.#free.push(slot);
    this.#gone.delete(key);
    this.#gone.set(key, { ...entry, goneAt: this.#clock.now() });
    const [oldest] = this.#gone.keys();
    if (this.#gone.size > MAX_GONE && oldest !== undefined) this.#gone.delete(oldest);
  }

  /** What is known of an object that is or was there; undefined when it was never looked at, or is forgotten. */
  entry(key: string): LedgerEntry | undefined {
    const slot = this.#slots.get(key);
    if (slot === undefined) return this.#gone.get(key);
    const detail = this.#details.get(slot);
    return {
      outcome: OUTCOMES[this.#outcome[slot] as number] as Outcome,
      lookedAt: this.#since + (this.#at[slot] as number) * 1_000,
      why: detail?.why ?? this.#texts.get(this.#why[slot] as number),
      state: REPORT_STATES[this.#state[slot] as number] as ReportState,
      said: detail?.said ?? this.#texts.get(this.#said[slot] as number),
      subject: detail?.subject ?? '',
      findings: detail?.findings ?? [],
      decisions: detail?.decisions ?? [],
      noVerdict: detail?.noVerdict ?? [],
    };
  }

  #looked(key: string, outcome: Outcome, why: string): number {
    let slot = this.#slots.get(key);
    if (slot === undefined) {
      slot = this.#free.pop() ?? this.#slots.size;
      if (slot >= this.#at.length) this.#grow();
      this.#slots.set(key, slot);
      this.#gone.delete(key);
    } else this.#counts[OUTCOMES[this.#outcome[slot] as number] as Outcome]--;
    this.#counts[outcome]++;
    this.#forgetDetail(slot);
    this.#at[slot] = Math.max(0, Math.round((this.#clock.now() - this.#since) / 1_000));
    this.#outcome[slot] = OUTCOMES.indexOf(outcome);
    this.#state[slot] = 0;
    this.#said[slot] = 0;
    this.#why[slot] = this.#share(slot, 'why', why);
    return slot;
  }

  #forgetDetail(slot: number): void {
    this.#findings -= this.#details.get(slot)?.found ?? 0;
    this.#details.delete(slot);
  }

  /** The number of a shared text, or 0 where the text had to become part of the object's own detail. */
  #share(slot: number, field: 'why' | 'said', text: string): number {
    const short = text.slice(0, MAX_TEXT);
    const number = this.#texts.number(short);
    const detail = this.#details.get(slot);
    if (number !== undefined) {
      if (detail?.[field] !== undefined) delete detail[field];
      return number;
    }
    this.#details.set(slot, { ...detail, [field]: short });
    return 0;
  }

  #grow(): void {
    const size = this.#at.length * 2;
    const grown = <T extends Uint32Array | Uint16Array | Uint8Array>(into: T, from: T): T => {
      into.set(from);
      return into;
    };
    this.#at = grown(new Uint32Array(size), this.#at);
    this.#outcome = grown(new Uint8Array(size), this.#outcome);
    this.#state = grown(new Uint8Array(size), this.#state);
    this.#why = grown(new Uint16Array(size), this.#why);
    this.#said = grown(new Uint16Array(size), this.#said);
  }
}

/** Ten thousand objects that wait for one reason have one text. Kept for good, so their number is bounded. */
class SharedTexts {
  static readonly #MAX = 2_000;
  readonly #texts = [''];
  readonly #numbers = new Map<string, number>([['', 0]]);

  get(number: number): string {
    return this.#texts[number] ?? '';
  }

  /** Undefined when there are too many. */
  number(text: string): number | undefined {
    const known = this.#numbers.get(text);
    if (known !== undefined || this.#texts.length >= SharedTexts.#MAX) return known;
    this.#numbers.set(text, this.#texts.length);
    return this.#texts.push(text) - 1;
  }
}

/** A subject that a look speaks about without a verdict, and why. */
export interface NoVerdict {
  readonly subject: Report['subject'];
  readonly reason: string;
}

function noteOf({ subject, reason }: NoVerdict): NoVerdictNote {
  return { subject: subjectText(subject).slice(0, MAX_TEXT), reason: reason.slice(0, MAX_REASON) };
}

function findingsOf({ body }: Report): FindingNote[] {
  if (!('findings' in body)) return [];
  return body.findings.map(({ key, severity, type, reason, title }) => ({
    ...{ key, severity, type, reason },
    title: title.slice(0, MAX_TITLE),
  }));
}

/** `Component shop/payments build/push/main` */
export function subjectText({ kind, namespace, name, aspect }: Report['subject']): string {
  return [kind, namespace === undefined ? name : `${namespace}/${name}`, aspect].filter(Boolean).join(' ');
}
