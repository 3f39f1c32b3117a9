import { humanDuration } from '../../crds/duration.ts';
import type { IssueGroup } from '../../crds/issue-group.ts';
import { oneLine } from '../../crds/text.ts';
import { facts, MAX_LINE, rows, section, textLines } from './lines.ts';

/** For people. Nothing in it is executed by a terminal, whoever the server is. `now`: ms since 1970. */
export function groupLines({ metadata, spec, status }: IssueGroup, now: number): string[] {
  const { openNamespaces, namespaces, reasons, members, days, sampled, unlisted = {} } = status;
  const ago = (time: string) => `${humanDuration(now - Date.parse(time))} ago (${time})`;
  return [
    oneLine(spec.title, MAX_LINE),
    '',
    ...facts([
      ['Name', metadata.name],
      ['Group', spec.group],
      ['Origin', spec.origin],
      ['Severity', spec.severity],
      ['State', status.resolvedAt === undefined ? status.state : `${status.state} ${ago(status.resolvedAt)}`],
      ['Since', ago(status.openedAt)],
      ['Open', `${status.open} in ${openNamespaces} ${openNamespaces === 1 ? 'namespace' : 'namespaces'}`],
      ['Resolved', String(status.resolved)],
    ]),
    ...(sampled === undefined
      ? []
      : ['', `Title, links and what to do are what its ${sampled} foremost members say; counts are of all of them.`]),
    ...section(
      'What to do',
      (spec.remediations ?? []).flatMap(({ text, url }) => [
        ...textLines(text),
        ...(url === undefined ? [] : [oneLine(url, MAX_LINE)]),
      ]),
    ),
    ...section('Links', rows((spec.links ?? []).map(({ rel, title, url }) => [rel, url, title]))),
    ...section('Open by reason', [
      ...rows(reasons.map(({ reason, open }) => [reason, String(open)])),
      ...andMore(unlisted.reasons),
    ]),
    ...section('Open by namespace', [
      ...rows(namespaces.map(({ namespace, open }) => [namespace, String(open)])),
      ...andMore(unlisted.namespaces),
    ]),
    ...section('Open members, the worst first', [
      ...rows(members.map(({ namespace, name, severity, reason }) => [`${namespace}/${name}`, severity, reason])),
      ...andMore(status.open - members.length),
    ]),
    ...section(
      'Days (UTC)',
      rows(days.map(({ date, opened, resolved, open }) => [date, `+${opened}`, `-${resolved}`, `${open} open`])),
    ),
  ];
}

function andMore(unlisted = 0): string[] {
  return unlisted > 0 ? [`and ${unlisted} more`] : [];
}
