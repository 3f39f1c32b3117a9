import { ISSUE_NAMES } from '../../crds/issue.ts';
import { ISSUE_EVIDENCE_NAMES, type IssueEvidence } from '../../crds/issue-evidence.ts';
import { API_VERSION } from '../../crds/names.ts';
import { connectCluster } from '../cluster/connection.ts';
import type { EvidenceOptions } from '../commands/evidence.ts';
import { EXIT } from '../exit.ts';
import type { Streams } from '../streams.ts';
import { evidenceLines } from './evidence-lines.ts';
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
