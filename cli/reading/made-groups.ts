import { humanDuration } from '../../crds/duration.ts';
import type { Issue } from '../../crds/issue.ts';
import { SEVERITIES, type Severity } from '../../crds/issue-words.ts';
import { oneLine } from '../../crds/text.ts';
import { fittedTable } from '../printers/fit.ts';

/** What the issues that somebody may list have in common; the server's own groups are of all issues. */
export interface MadeGroup {
  readonly group: string;
  readonly severity: string;
  readonly open: number;
  readonly resolved: number;
  readonly namespaces: readonly string[];
  /** Since when the oldest open member is; of resolved ones alone, when the first opened. */
  readonly openedAt: string;
  readonly title: string;
  readonly issues: readonly { readonly namespace: string; readonly name: string }[];
}

/** Those with the worst open members first, then the largest. Pure. */
export function foldGroups(issues: readonly Issue[]): MadeGroup[] {
  const members = Map.groupBy(
    issues.filter(({ spec }) => spec.group),
    ({ spec }) => spec.group as string,
  );
  return [...members].map(([group, of]) => madeOf(group, of)).sort(compare);
}

function madeOf(group: string, members: readonly Issue[]): MadeGroup {
  const open = members.filter(({ status }) => status.state === 'Active');
  const counted = open.length > 0 ? open : members;
  const [worst] = counted.toSorted((a, b) => place(a.spec.severity) - place(b.spec.severity));
  const [oldest = ''] = counted.map(({ status }) => status.openedAt).sort();
  return {
    ...{ group, severity: worst?.spec.severity ?? '', open: open.length, resolved: members.length - open.length },
    namespaces: [...new Set(counted.map(({ metadata }) => metadata.namespace))].sort(),
    ...{ openedAt: oldest, title: worst?.spec.title ?? '' },
    issues: members.map(({ metadata: { namespace, name } }) => ({ namespace, name })),
  };
}

function place(severity: string): number {
  const at = SEVERITIES.indexOf(severity as Severity);
  return at < 0 ? SEVERITIES.length : at;
}

function compare(a: MadeGroup, b: MadeGroup): number {
  const worse = Number(b.open > 0) - Number(a.open > 0) || place(a.severity) - place(b.severity);
  return worse || b.open - a.open || (a.group < b.group ? -1 : 1);
}

/** `now`: ms since 1970; `room`: cells of a line. */
export function madeTable(groups: readonly MadeGroup[], now: number, headers: boolean, room: number): string {
  const columns = ['group', 'severity', 'open', 'resolved', 'namespaces', 'since', 'title'];
  const table = {
    columns,
    rows: groups.map(({ group, severity, open, resolved, namespaces, openedAt, title }) => [
      ...[oneLine(group, 253), oneLine(severity, 64), String(open), String(resolved), String(namespaces.length)],
      ...[humanDuration(now - Date.parse(openedAt)), oneLine(title, 1_000)],
    ]),
  };
  const text = fittedTable(table, room);
  return headers ? text : text.slice(text.indexOf('\n') + 1);
}
