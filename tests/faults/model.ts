import type { Report } from '../../crds/report.ts';
import type { Owned, Plan } from './plan.ts';

/**
 * The oracle: what must be stored when every report of a plan was accepted, however often and in whatever order it
 * arrived. It knows nothing of how that is done.
 */

/** `ADDED Active <title>`: one line of an issue's history. */
export type Line = string;

/** Titles of the issues that must be Active, by `subject/key`. */
export function activeOf(plan: Plan): Map<string, string> {
  const active = new Map<string, string>();
  for (const reports of [...plan.owned.map(({ reports }) => reports), ...plan.contested]) {
    for (const [key, title] of activeOfSubject(reports)) active.set(key, title);
  }
  return active;
}

/** The newest look that says anything about a key decides it. */
function activeOfSubject(reports: readonly Report[]): Map<string, string> {
  const newest = new Map<string, { step: number; title: string | undefined }>();
  const keys = new Set(reports.flatMap((report) => named(report)));
  for (const report of reports) {
    for (const key of report.body && 'complete' in report.body && report.body.complete ? keys : named(report)) {
      const known = newest.get(key);
      if (known && known.step > stepOf(report)) continue;
      const title = findings(report).find((one) => one.key === key)?.title;
      newest.set(key, { step: stepOf(report), title });
    }
  }
  const name = reports[0]?.subject.name;
  return new Map([...newest].flatMap(([key, { title }]) => (title === undefined ? [] : [[`${name}/${key}`, title]])));
}

/** What every watcher of an owned subject is told, once each and in this order. */
export function historyOf({ reports }: Owned): Line[] {
  const lines: Line[] = [];
  let open = false;
  let last = '';
  for (const report of reports) {
    const [found] = findings(report);
    if (found) {
      lines.push(`${lines.length === 0 ? 'ADDED' : 'MODIFIED'} Active ${found.title}`);
      last = found.title;
    } else if (open) lines.push(`MODIFIED Resolved ${last}`);
    open = found !== undefined;
  }
  return lines;
}

/** Steps are minutes, and the name of the observed run ends with its step. */
function stepOf({ observed }: Report): number {
  return Number(observed?.name.split('-').at(-1));
}

function findings({ body }: Report) {
  return 'findings' in body ? body.findings : [];
}

function named(report: Report): string[] {
  const { body } = report;
  const resolved = 'complete' in body && !body.complete ? (body.resolve ?? []) : [];
  return [...findings(report).map(({ key }) => key), ...resolved];
}
