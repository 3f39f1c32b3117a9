import type { Finding, Severity } from '../../crds/report.ts';

/**
 * What a controller can say (docs/adr/0016): declared once, used by its code to say it, and by the documentation to list
 * it. A controller without a catalogue runs as well; it is only not documented.
 */

/** One finding that a controller can make. */
export interface CataloguedFinding {
  /** `spec.reason`; `*` stands for every reason that the observed object brings itself and that has no row. */
  readonly reason: string;
  /** `spec.key`; a name in angle brackets stands for what differs: `pod/<container>`. */
  readonly key: string;
  /** `spec.type`, or those it can be. */
  readonly type: string | readonly string[];
  /** `spec.severity`, or those it can be, where options or the object decide. */
  readonly severity: Severity | readonly Severity[];
  /** When it is found, in one line of Markdown for whoever sees it at 3 a.m. */
  readonly meaning: string;
  /** What to do about it, for every such finding alike; its `remediation`. */
  readonly remedy?: string;
}

/** A controller's page in docs/controllers, as far as it is not in its types and options. */
export interface Documentation {
  /** What it watches for, in a few sentences of Markdown. */
  readonly summary: string;
  readonly findings: readonly CataloguedFinding[];
  /** Further sections of the page, in Markdown. */
  readonly details?: string;
}

/** A catalogue entry whose type and severity are one each, so that only the words of a finding are left to say. */
export type FixedFinding = Omit<CataloguedFinding, 'reason' | 'type' | 'severity'> & {
  readonly type: string;
  readonly severity: Severity;
};

/** What differs from one finding of an entry to another. `key`: by default that of the entry. */
export type FindingWords = Partial<Finding> & Pick<Finding, 'title'>;

export interface Findings<Reason extends string> {
  /** For `documentation.findings`. */
  readonly catalogue: readonly CataloguedFinding[];
  readonly reasons: readonly Reason[];
  /** A finding with the type, severity and remedy of its entry; what `words` says itself counts more. */
  of(reason: Reason, words: FindingWords): Finding;
}

/**
 * Declares the findings of a controller by reason. `findings.of(reason, { title })` then makes one, so that the catalogue
 * and the code cannot differ.
 */
export function defineFindings<const Entries extends Readonly<Record<string, FixedFinding>>>(
  entries: Entries,
): Findings<keyof Entries & string> {
  return {
    catalogue: Object.entries(entries).map(([reason, entry]) => ({ reason, ...entry })),
    reasons: Object.keys(entries),
    of(reason, words) {
      const { key, type, severity, remedy } = entries[reason] as FixedFinding;
      return {
        key,
        type,
        severity,
        reason,
        ...(remedy === undefined ? {} : { remediation: { text: remedy } }),
        ...words,
      };
    },
  };
}

/** The entry that a finding is of; undefined when the catalogue does not know such a finding. */
export function entryOf(
  catalogue: readonly CataloguedFinding[],
  { reason, key, type, severity }: Finding,
): CataloguedFinding | undefined {
  const fits = (entry: CataloguedFinding): boolean =>
    (entry.reason === reason || entry.reason === '*') &&
    keyPattern(entry.key).test(key) &&
    [entry.type].flat().includes(type) &&
    [entry.severity].flat().includes(severity);
  // Its own row before the row of all others: a row that has the reason must fit, or it lies.
  const own = catalogue.filter((entry) => entry.reason === reason);
  return (own.length > 0 ? own : catalogue).find(fits);
}

function keyPattern(key: string): RegExp {
  const parts = key.split(/<[^>]*>/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.+')}$`, 's');
}
