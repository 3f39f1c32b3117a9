import type { Issue } from '../../crds/issue.ts';
import type { IssueEvidence, IssueEvidenceStatus } from '../../crds/issue-evidence.ts';
import { oneLine } from '../../crds/text.ts';
import type { LogsOptions } from '../commands/logs.ts';
import { EXIT, Failure } from '../exit.ts';
import { Asker } from '../reading/ask.ts';
import { connectToRead } from '../reading/connect.ts';
import { Refusal } from '../reading/fault.ts';
import { issuesPath, readIssue } from '../reading/issues.ts';
import { explainMissing } from '../reading/missing.ts';
import { endOfMoment, requireThen } from '../reading/then.ts';
import type { Streams } from '../streams.ts';
import { LineCutter } from './line-cutter.ts';
import { logLine, openPodLog } from './pod-log.ts';
import { type LogPlace, placesOf } from './pods.ts';

/**
 * `faultline logs`: answers the exit code. Throws a Failure of one line when there is no log to be had. `now`: ms since
 * 1970.
 */
export async function runLogs(options: LogsOptions, streams: Streams, now = Date.now): Promise<number> {
  await using asker = new Asker(await connectToRead(options, streams), streams.signal);
  const namespace = options.namespace ?? asker.connection.namespace ?? 'default';
  const { name, live, tail } = options;
  const issue = await issueOf(asker, namespace, name, options.asOf);
  const evidence = await evidenceOf(asker, namespace, name);
  const recorded = evidence.status?.log;
  if (options.asOf !== undefined) requireOfThen(evidence, issue, endOfMoment(options.asOf, now()));
  if (!live && recorded !== undefined) {
    const at = [recorded.pod, recorded.container].filter(Boolean).join(' ');
    streams.err.write(
      `${oneLine(`Recorded at ${evidence.status?.recordedAt}${at === '' ? '' : ` from ${at}`}`, 1_000)}\n`,
    );
    const lines = tail < 0 ? recorded.lines : recorded.lines.slice(-tail || recorded.lines.length);
    writeLines(lines, streams);
    return EXIT.ok;
  }
  const places = await placesOf(asker, namespace, evidence.status, issue.status.observed, options.container);
  if (places.length === 0) throw new Failure(nothing(issue, live, evidence.why));
  for (const place of places) await copyLog(asker, namespace, place, options, streams, places.length > 1);
  return EXIT.ok;
}

async function issueOf(asker: Asker, namespace: string, name: string, asOf: string | undefined): Promise<Issue> {
  const query = { namespace, labelSelector: '', fieldSelector: '', asOf, table: false, objects: true };
  const { rows } = await readIssue(asker, name, query).catch(async (error: unknown) => {
    throw await explainMissing(error, asker, name, namespace, asOf);
  });
  return rows[0]?.object as Issue;
}

/** The log of another moment is none; a Pod has that of now. Throws a Failure. */
function requireOfThen({ status, why }: Recorded, issue: Issue, end: number): void {
  if (status?.log === undefined) throw new Failure(`${why}: leave out --as-of to look for its Pod`);
  requireThen(status, issue, end);
}

interface Recorded {
  readonly status?: IssueEvidenceStatus;
  /** Why there is no log. */
  readonly why: string;
}

/** What was recorded, or why it cannot be had. */
async function evidenceOf(asker: Asker, namespace: string, name: string): Promise<Recorded> {
  try {
    const { body } = await asker.json<IssueEvidence>(`${issuesPath(namespace, name)}/evidence`);
    return { status: body.status, why: 'no log was recorded' };
  } catch (error) {
    if (!(error instanceof Refusal) || (error.status !== 404 && error.status !== 403)) throw error;
    return {
      why: error.status === 404 ? 'no log was recorded' : `what was recorded you may not read (${error.message})`,
    };
  }
}

function nothing({ status: { observed } }: Issue, live: boolean, why: string): string {
  const what = observed === undefined ? 'what it is about' : `${observed.kind}/${observed.name}`;
  const pods = `there is no Pod of ${what} here`;
  return oneLine(live ? `${pods}: leave out --live to see what was recorded` : `${why}, and ${pods}`, 1_000);
}

/** As kubectl: lines as they are, with their Pod and container before them where there are several. */
async function copyLog(
  asker: Asker,
  namespace: string,
  place: LogPlace,
  { follow, tail }: LogsOptions,
  streams: Streams,
  several: boolean,
): Promise<void> {
  const tailLines = tail >= 0 ? tail : undefined;
  const log = await openPodLog(asker, namespace, place, { follow, tailLines });
  if (several) streams.out.write(`==> ${oneLine(`${place.pod} ${place.container}`, 600)} <==\n`);
  const cutter = new LineCutter(LONGEST);
  try {
    for await (const chunk of log) writeLines(cutter.push(chunk), streams);
  } catch (error) {
    // Ctrl-C is how following ends.
    if (!streams.signal.aborted) throw error;
  }
  writeLines(cutter.end(), streams);
}

/** Characters of a line: other programs read them whole, and one that never ends is cut. */
const LONGEST = 1_000_000;

/** Nothing in a log is executed by a terminal. */
function writeLines(lines: readonly string[], { out }: Streams): void {
  if (lines.length > 0) out.write(`${lines.map((line) => logLine(line, LONGEST)).join('\n')}\n`);
}
