import { ISSUE_NAMES } from '../../crds/issue.ts';
import { ISSUE_EVIDENCE_NAMES, type IssueEvidence, type IssueEvidenceStatus } from '../../crds/issue-evidence.ts';
import { API_VERSION } from '../../crds/names.ts';
import { multiLine, oneLine } from '../../crds/text.ts';
import { connectCluster } from '../cluster/connection.ts';
import type { EvidenceOptions } from '../commands/evidence.ts';
import { EXIT } from '../exit.ts';
import type { Streams } from '../streams.ts';
import { getJson } from './post-json.ts';

/** `faultline evidence`: answers the exit code. Throws a Failure of one line with what the server said. */
export async function runEvidence(options: EvidenceOptions, streams: Streams): Promise<number> {
  const { kubeconfig, context, issue } = options;
  const connection = await connectCluster({ kubeconfig, context }, streams);
  const namespace = options.namespace ?? connection.namespace ?? 'default';
  const { subresource } = ISSUE_EVIDENCE_NAMES;
  const path = `/apis/${API_VERSION}/namespaces/${namespace}/${ISSUE_NAMES.plural}/${issue}/${subresource}`;
  const { status } = (await getJson(connection, path, streams.signal)) as IssueEvidence;
  for (const line of evidenceLines(status)) streams.out.write(`${line}\n`);
  return EXIT.ok;
}

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
  const lines = log.lines.flatMap((line) => multiLine(`|${line}`, 1_000_000).slice(1).split('\n'));
  return [...shown, '', ...(log.cut ? ['…'] : []), ...lines];
}
