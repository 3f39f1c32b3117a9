import { pause, systemClock } from '../../controllers/runtime/clock.ts';
import { cellMeaning } from '../../crds/cells.ts';
import { DNS_LABEL } from '../../crds/names.ts';
import { oneLine } from '../../crds/text.ts';
import type { ReportOptions } from '../commands/report.ts';
import { EXIT } from '../exit.ts';
import { createProgress, type Progress } from '../progress.ts';
import { Asker } from '../reading/ask.ts';
import { connectToRead } from '../reading/connect.ts';
import { objectText } from '../reading/print/object.ts';
import type { Streams } from '../streams.ts';
import { deliver, type Told } from './deliver.ts';
import { readReports, type WrittenReport } from './read-reports.ts';
import { type Decisions, issueReport, type Outgoing, senderFor } from './send-reports.ts';

const MAX_LINE = 4_096;
/** What takes less shows no progress, ms. */
const SOON = 1_000;

/**
 * `faultline report`: answers the exit code, 1 when a report was refused. Throws a Failure of one line when nothing, or
 * nothing more, can be sent.
 */
export async function runReport(options: ReportOptions, streams: Streams, clock = systemClock): Promise<number> {
  const { signal } = streams;
  const reports: WrittenReport[] = [];
  for (const file of options.files) reports.push(...(await readReports(file, streams)));
  await using asker = new Asker(await connectToRead(options, streams), signal);
  const fallback = options.namespace ?? asker.connection.namespace ?? 'default';
  const outgoing = reports.map((report) => ({ ...report, namespace: report.namespace ?? fallback }));
  using progress = createProgress(streams.err, streams.env, clock.now, SOON);
  const teller = new Teller(options, streams, progress, outgoing.length);
  const sendable = outgoing.filter((report) => {
    const fault = faultOf(report);
    if (fault !== undefined) teller.refused(report, fault);
    return fault === undefined;
  });
  try {
    const send = await senderFor(asker, sendable.length, options.dryRun);
    const wait = (ms: number) => pause(clock, ms, signal);
    await deliver(sendable, send, teller, { wait, signal, random: Math.random });
  } finally {
    await teller.end();
  }
  return teller.refusals === 0 ? EXIT.ok : EXIT.failure;
}

/** What becomes of reports, as it is asked for. */
class Teller implements Told {
  refusals = 0;
  readonly #options: Pick<ReportOptions, 'dryRun' | 'output'>;
  readonly #streams: Streams;
  readonly #progress: Progress;
  readonly #all: number;
  readonly #answers: object[] = [];

  constructor(options: Pick<ReportOptions, 'dryRun' | 'output'>, streams: Streams, progress: Progress, all: number) {
    this.#options = options;
    this.#streams = streams;
    this.#progress = progress;
    this.#all = all;
  }

  taken({ namespace, spec }: Outgoing, decisions: Decisions, resourceVersion: string | undefined): void {
    const { dryRun, output } = this.#options;
    if (output === 'text') this.#streams.out.write(decisionLines(decisions, dryRun));
    else {
      const status = dryRun ? {} : { status: { decisions, resourceVersion } };
      this.#answers.push({ ...issueReport(namespace, spec), ...status });
    }
  }

  refused({ where }: Outgoing, message: string): void {
    this.refusals++;
    this.#progress.hide();
    this.#streams.err.write(`error: ${oneLine(`${where}: ${message}`, MAX_LINE)}\n`);
  }

  note(line: string): void {
    this.#progress.hide();
    this.#streams.err.write(`${oneLine(line, MAX_LINE)}\n`);
  }

  progress(done: number | undefined): void {
    if (done === undefined) this.#progress.hide();
    else this.#progress.update('reporting', done, this.#all);
  }

  async end(): Promise<void> {
    this.#progress.hide();
    if (this.#answers.length > 0) this.#streams.out.write(await objectText(listOf(this.#answers), 'json'));
    if (this.refusals > 0 && this.#all > 1) this.note(`${this.refusals} of ${this.#all} reports were refused`);
  }
}

function listOf(answers: readonly object[]): object {
  const [first = {}] = answers;
  if (answers.length === 1) return first;
  return { apiVersion: 'v1', items: answers, kind: 'List', metadata: { resourceVersion: '' } };
}

/** What no server needs to be asked about: the namespace is part of a path, and one report belongs to one. */
function faultOf({ namespace, spec }: Outgoing): string | undefined {
  if (!DNS_LABEL.test(namespace)) return `${JSON.stringify(namespace)} is no name of a namespace`;
  if (spec.namespace === undefined || spec.namespace === namespace) return undefined;
  return `spec.namespace: ${JSON.stringify(spec.namespace)}: must be the namespace of the object, ${namespace}, or left out`;
}

/** What became of each finding, in the words of the decision table. */
function decisionLines(decisions: Decisions, dryRun: boolean): string {
  if (dryRun) return 'the report would be taken (server dry run)\n';
  if (decisions.length === 0) return 'nothing is wrong, and nothing was\n';
  return decisions
    .map(({ key, cell, issue }) => {
      const name = issue === undefined ? key : `issue.faultline.dev/${issue.name}`;
      return `${oneLine(`${name} ${cellMeaning(cell) ?? cell}`, MAX_LINE)}\n`;
    })
    .join('');
}
