import { cellMeaning } from '../../crds/cells.ts';
import { API_VERSION, DNS_LABEL } from '../../crds/names.ts';
import { oneLine } from '../../crds/text.ts';
import type { ReportOptions } from '../commands/report.ts';
import { EXIT, Failure } from '../exit.ts';
import { Asker } from '../reading/ask.ts';
import { connectToRead } from '../reading/connect.ts';
import { Refusal } from '../reading/fault.ts';
import { objectText } from '../reading/print/object.ts';
import type { Streams } from '../streams.ts';
import { readReports, type WrittenReport } from './read-reports.ts';

interface Decision {
  readonly key: string;
  readonly cell: string;
  readonly issue?: { readonly namespace: string; readonly name: string };
}

interface Answered {
  readonly status?: { readonly decisions?: readonly Decision[]; readonly resourceVersion?: string };
}

const MAX_LINE = 4_096;

/**
 * `faultline report`: answers the exit code, 1 when a report was refused. Throws a Failure of one line when nothing can
 * be sent.
 */
export async function runReport(options: ReportOptions, streams: Streams): Promise<number> {
  const reports: WrittenReport[] = [];
  for (const file of options.files) reports.push(...(await readReports(file, streams)));
  await using asker = new Asker(await connectToRead(options, streams), streams.signal);
  const fallback = options.namespace ?? asker.connection.namespace ?? 'default';
  const answers: object[] = [];
  let refused = 0;
  for (const report of reports) {
    streams.signal.throwIfAborted();
    try {
      const answer = await send(asker, report, report.namespace ?? fallback, options.dryRun);
      answers.push(answer);
      if (options.output === 'text') streams.out.write(decisionLines(answer, options.dryRun));
    } catch (error) {
      if (!(error instanceof Refusal) || error.status === 401) throw error;
      refused++;
      streams.err.write(`error: ${oneLine(`${report.where}: ${error.message}`, MAX_LINE)}\n`);
    }
  }
  if (options.output === 'json' && answers.length > 0) {
    const list = { apiVersion: 'v1', items: answers, kind: 'List', metadata: { resourceVersion: '' } };
    streams.out.write(await objectText(answers.length === 1 ? (answers[0] as object) : list, 'json'));
  }
  return refused === 0 ? EXIT.ok : EXIT.failure;
}

async function send(asker: Asker, report: WrittenReport, namespace: string, dryRun: boolean): Promise<Answered> {
  if (!DNS_LABEL.test(namespace)) {
    throw new Failure(`${report.where}: ${JSON.stringify(namespace)} is no name of a namespace`);
  }
  const path = `/apis/${API_VERSION}/namespaces/${namespace}/issuereports${dryRun ? '?dryRun=All' : ''}`;
  const body = { apiVersion: API_VERSION, kind: 'IssueReport', metadata: { namespace }, spec: report.spec };
  return (await asker.json<Answered>(path, { body })).body;
}

/** What became of each finding, in the words of the decision table. */
function decisionLines({ status }: Answered, dryRun: boolean): string {
  if (dryRun) return 'the report would be taken (server dry run)\n';
  const decisions = status?.decisions ?? [];
  if (decisions.length === 0) return 'nothing is wrong, and nothing was\n';
  return decisions
    .map(({ key, cell, issue }) => {
      const name = issue === undefined ? key : `issue.faultline.dev/${issue.name}`;
      return `${oneLine(`${name} ${cellMeaning(cell) ?? cell}`, MAX_LINE)}\n`;
    })
    .join('');
}
