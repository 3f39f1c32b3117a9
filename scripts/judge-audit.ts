export interface AuditVerdict {
  /** False: the registry did not answer, and nothing is known. */
  readonly asked: boolean;
  /** Something that is shipped has a vulnerability that is high or critical. */
  readonly failed: boolean;
  /** For people. */
  readonly lines: readonly string[];
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
  readonly via: readonly (string | { readonly title: string; readonly url: string })[];
}

const FAILS: ReadonlySet<string> = new Set(['high', 'critical']);

/** What the output of `npm audit --json` says. Anything that is not a whole report counts as not asked. */
export function judgeAudit(printed: string): AuditVerdict {
  const report = parsed(printed);
  const { vulnerabilities, auditReportVersion, metadata } = report;
  const packages = metadata?.dependencies?.prod ?? 0;
  if (auditReportVersion === undefined || vulnerabilities === undefined || packages === 0) {
    const why = report.message || report.error?.summary || 'its answer is no report';
    return {
      asked: false,
      failed: false,
      lines: [
        `NOT ASKED: the registry does not tell vulnerabilities (${why}).`,
        'Nothing is known about those of what is shipped: ask where it does, "node scripts/audit.ts --required".',
      ],
    };
  }
  const found = Object.values(vulnerabilities);
  const bad = found.filter(({ severity }) => FAILS.has(severity));
  const counted = `${packages} packages that are shipped were asked about: ${found.length} with a known vulnerability, ${bad.length} high or critical`;
  return { asked: true, failed: bad.length > 0, lines: [counted, ...found.map(line)] };
}

function line({ name, severity, range, via }: Vulnerable): string {
  const why = via.map((each) => (typeof each === 'string' ? `by ${each}` : `${each.title} ${each.url}`));
  return `${FAILS.has(severity) ? 'FAILED' : 'note'}: ${name} ${range} is ${severity}: ${why.join('; ')}`;
}

function parsed(printed: string): Report {
  try {
    const report: unknown = JSON.parse(printed);
    return typeof report === 'object' && report !== null ? report : {};
  } catch {
    return {};
  }
}
