import type { IssueEvidenceStatus } from '../../crds/issue-evidence.ts';
import { oneLine } from '../../crds/text.ts';
import { logLine } from '../logs/pod-log.ts';

/** For people: what failed, then its log as it was. Nothing in it is executed by a terminal, whoever the server is. */
export function evidenceLines(status: IssueEvidenceStatus): string[] {
  const { observed, failing, conditions = [], step, exitCode, log, recordedAt } = status;
  const facts: [string, string | undefined][] = [
    ['Object', observed && `${observed.kind}/${observed.name}`],
    ['Failing', failing && `${failing.kind}/${failing.name}`],
    ...conditions.map(({ type, status: is, reason, message }): [string, string] => [
      'Condition',
      `${type}=${is}${reason ? ` ${reason}` : ''}${message ? `: ${message}` : ''}`,
    ]),
    ['Step', step],
    ['Exit code', exitCode?.toString()],
    ['Recorded', recordedAt],
    ['Log', log && [log.pod, log.container].filter(Boolean).join(' ')],
  ];
  const shown = facts.flatMap(([name, fact]) =>
    fact === undefined ? [] : [`${`${name}:`.padEnd(11)}${oneLine(fact, 4_096)}`.trimEnd()],
  );
  if (!log) return [...shown, 'No log was to be had.'];
  const lines = log.lines.flatMap((line) => logLine(line, 1_000_000).split('\n'));
  return [...shown, '', ...(log.cut ? ['…'] : []), ...lines];
}
