import type { AcceptedAdvisory } from './accepted-advisories.ts';

export interface AuditVerdict {
  /** False: the registry did not answer, or does not know vulnerabilities that everybody knows; nothing is known. */
  readonly asked: boolean;
  /** Something that is shipped has a vulnerability that is high or critical, and that nobody accepted. */
  readonly failed: boolean;
  /** For people. */
  readonly lines: readonly string[];
}

/** A package that was asked about with the others, and of which every registry that knows anything knows better. */
export interface Canary {
  readonly name: string;
  readonly version: string;
  /** Where it is in the lock file. */
  readonly node: string;
}

/** Of `npm audit --json`: `auditReportVersion` 2. */
interface Report {
  readonly auditReportVersion?: number;
  readonly vulnerabilities?: Readonly<Record<string, Vulnerable>>;
  readonly metadata?: { readonly dependencies?: { readonly prod?: number } };
  /** Of an error, in place of all the others. */
  readonly message?: string;
  readonly error?: { readonly summary?: string };
}

interface Vulnerable {
  readonly name: string;
  readonly severity: string;
  readonly range: string;
  /** An advisory, or the name of the package that has it. */
  readonly via: readonly (string | Advisory)[];
  /** Where it is in the lock file. */
  readonly nodes?: readonly string[];
}

interface Advisory {
  readonly title: string;
  readonly url: string;
  readonly severity?: string;
}

const FAILS: ReadonlySet<string> = new Set(['high', 'critical']);

/**
 * What the output of `npm audit --json` says. Anything that is not a whole report counts as not asked, and so does one
 * without the canary: an empty answer is no good news.
 */
export function judgeAudit(printed: string, canary: Canary, accepted: readonly AcceptedAdvisory[] = []): AuditVerdict {
  const report = parsed(printed);
  const { vulnerabilities, auditReportVersion, metadata } = report;
  const packages = (metadata?.dependencies?.prod ?? 0) - 1;
  if (auditReportVersion === undefined || vulnerabilities === undefined || packages <= 0) {
    return notAsked(report.message || report.error?.summary || 'its answer is no report');
  }
  if (!vulnerabilities[canary.name]?.nodes?.includes(canary.node)) {
    return notAsked(`of ${canary.name} ${canary.version}, which was asked about with the others, it knows none`);
  }
  const found = Object.values(vulnerabilities).filter(({ nodes = [''] }) => nodes.some((node) => node !== canary.node));
  const used = new Set<AcceptedAdvisory>();
  const judged = found.map((each) => judgedOne(each, accepted, vulnerabilities, used));
  const bad = judged.filter(({ failed }) => failed).length;
  const counted = `${packages} packages that are shipped were asked about: ${found.length} with a known vulnerability, ${bad} high or critical that nobody accepted`;
  const unused = accepted.filter((each) => !used.has(each));
  return {
    asked: true,
    failed: bad > 0,
    lines: [
      counted,
      ...judged.flatMap(({ lines }) => lines),
      ...unused.map(
        ({ id, package: name }) => `note: ${id} in ${name} is accepted and not there any more: take it out`,
      ),
    ],
  };
}

function notAsked(why: string): AuditVerdict {
  return {
    asked: false,
    failed: false,
    lines: [
      `NOT ASKED: the registry does not tell vulnerabilities (${why}).`,
      'Nothing is known about those of what is shipped: ask where it does, "node scripts/audit.ts --required".',
    ],
  };
}

/** A package fails for what it has itself; one that brings it fails only where who has it is not told. */
function judgedOne(
  { name, severity, range, via }: Vulnerable,
  accepted: readonly AcceptedAdvisory[],
  all: Readonly<Record<string, Vulnerable>>,
  used: Set<AcceptedAdvisory>,
): { readonly failed: boolean; readonly lines: readonly string[] } {
  const lines: string[] = [];
  let failed = false;
  for (const each of via) {
    const entry = typeof each === 'string' ? undefined : accepted.find((one) => isFor(one, name, each));
    if (entry !== undefined) used.add(entry);
    const weight = typeof each === 'string' ? severity : (each.severity ?? severity);
    const isToldThere = typeof each === 'string' && all[each] !== undefined;
    const fails = FAILS.has(weight) && entry === undefined && !isToldThere;
    failed ||= fails;
    const why = typeof each === 'string' ? `by ${each}` : `${each.title} ${each.url}`;
    const how = entry === undefined ? '' : `; accepted until ${entry.expires}: ${entry.reason}`;
    lines.push(`${fails ? 'FAILED' : 'note'}: ${name} ${range} is ${weight}: ${why}${how}`);
  }
  return { failed, lines };
}

function isFor(entry: AcceptedAdvisory, name: string, { url }: Advisory): boolean {
  return entry.package === name && url.endsWith(`/${entry.id}`);
}

function parsed(printed: string): Report {
  try {
    const report: unknown = JSON.parse(printed);
    return typeof report === 'object' && report !== null ? report : {};
  } catch {
    return {};
  }
}
