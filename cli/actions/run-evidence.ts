import type { Issue } from '../../crds/issue.ts';
import { ISSUE_EVIDENCE_NAMES, type IssueEvidence } from '../../crds/issue-evidence.ts';
import type { EvidenceOptions } from '../commands/evidence.ts';
import { EXIT } from '../exit.ts';
import { Asker } from '../reading/ask.ts';
import { connectToRead } from '../reading/connect.ts';
import { issuesPath, readIssue } from '../reading/issues.ts';
import { explainMissing } from '../reading/missing.ts';
import { objectText } from '../reading/print/object.ts';
import { endOfMoment, requireThen } from '../reading/then.ts';
import type { Streams } from '../streams.ts';
import { evidenceLines } from './evidence-lines.ts';

/**
 * `faultline evidence`: answers the exit code. Throws a Failure of one line with what the server said. `now`: ms since 1970.
 */
export async function runEvidence(options: EvidenceOptions, streams: Streams, now = Date.now): Promise<number> {
  const { issue, asOf } = options;
  await using asker = new Asker(await connectToRead(options, streams), streams.signal);
  const namespace = options.namespace ?? asker.connection.namespace ?? 'default';
  const path = `${issuesPath(namespace, issue)}/${ISSUE_EVIDENCE_NAMES.subresource}`;
  const { body } = await asker.json<IssueEvidence>(path).catch(async (error: unknown) => {
    throw await explainMissing(error, asker, issue, namespace);
  });
  if (asOf !== undefined) {
    const query = { namespace, labelSelector: '', fieldSelector: '', asOf, table: false, objects: true };
    const { rows } = await readIssue(asker, issue, query).catch(async (error: unknown) => {
      throw await explainMissing(error, asker, issue, namespace, asOf);
    });
    requireThen(body.status, rows[0]?.object as Issue, endOfMoment(asOf, now()));
  }
  const { output = 'text' } = options;
  if (output !== 'text') streams.out.write(await objectText(body, output));
  else for (const line of evidenceLines(body.status)) streams.out.write(`${line}\n`);
  return EXIT.ok;
}
