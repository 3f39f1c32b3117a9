import { ISSUE_EVIDENCE_NAMES, type IssueEvidence } from '../../crds/issue-evidence.ts';
import type { EvidenceOptions } from '../commands/evidence.ts';
import { EXIT } from '../exit.ts';
import { Asker } from '../reading/ask.ts';
import { connectToRead } from '../reading/connect.ts';
import { issuesPath } from '../reading/issues.ts';
import { explainMissing } from '../reading/missing.ts';
import type { Streams } from '../streams.ts';
import { evidenceLines } from './evidence-lines.ts';

/** `faultline evidence`: answers the exit code. Throws a Failure of one line with what the server said. */
export async function runEvidence(options: EvidenceOptions, streams: Streams): Promise<number> {
  const { issue } = options;
  await using asker = new Asker(await connectToRead(options, streams), streams.signal);
  const namespace = options.namespace ?? asker.connection.namespace ?? 'default';
  const path = `${issuesPath(namespace, issue)}/${ISSUE_EVIDENCE_NAMES.subresource}`;
  const { body } = await asker.json<IssueEvidence>(path).catch(async (error: unknown) => {
    throw await explainMissing(error, asker, issue, namespace);
  });
  for (const line of evidenceLines(body.status)) streams.out.write(`${line}\n`);
  return EXIT.ok;
}
