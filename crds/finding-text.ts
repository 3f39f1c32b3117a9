import type { Finding } from './report.ts';

/** The finding without its free text: what may be said where the text may not be read (docs/adr/0007). */
export function withoutText(finding: Finding): Finding {
  const { description: _, links: _l, remediation: _r, evidence: _e, ...rest } = finding;
  return { ...rest, title: finding.reason };
}
